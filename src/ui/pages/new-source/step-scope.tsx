import { useState, type ReactNode } from "react";

import { wrongScope } from "./draft.ts";
import { ScopeFields } from "./scope-fields.tsx";
import { StepFrame } from "./step-frame.tsx";
import type { Wizard } from "./use-wizard.ts";

/** What is pulled, and how often. */
export function StepScope({ wizard }: { readonly wizard: Wizard }): ReactNode {
  const { draft, change } = wizard;
  const [isTried, setIsTried] = useState(false);
  const wrong = wrongScope(draft);
  const shown = isTried ? wrong : {};
  const onNext = (): void => {
    setIsTried(true);
    if (Object.keys(wrong).length === 0) wizard.store(4);
  };
  return (
    <StepFrame
      title="What is pulled, and how often?"
      about="What stands here suits most. All of it can be changed on the source's page later."
      next={wizard.isStoring ? "Storing…" : "Store and rehearse"}
      onNext={onNext}
      onBack={() => wizard.goTo(2)}
      error={wizard.storeError}
    >
      <ScopeFields draft={draft} change={change} wrong={shown} />
    </StepFrame>
  );
}
