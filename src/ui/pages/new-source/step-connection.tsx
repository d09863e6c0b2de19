import { useState, type ReactNode } from "react";

import { TextField } from "../../parts/fields.tsx";
import { SOURCE_TYPES, wrongConnection } from "./draft.ts";
import { NetworkFields } from "./network-fields.tsx";
import { StepFrame } from "./step-frame.tsx";
import type { Wizard } from "./use-wizard.ts";

/** Where it is and how to get in. Going on stores the source, switched off. */
export function StepConnection({ wizard }: { readonly wizard: Wizard }): ReactNode {
  const { draft, change, stored } = wizard;
  const [isTried, setIsTried] = useState(false);
  const wrong = wrongConnection(draft, (stored?.credentials.length ?? 0) > 0);
  const words = SOURCE_TYPES[draft.type];
  const onNext = (): void => {
    setIsTried(true);
    if (Object.keys(wrong).length === 0) wizard.store(2);
  };
  const shown = isTried ? wrong : {};
  return (
    <StepFrame
      title={`How does ${draft.agentId} reach ${words.title}?`}
      about="The source is stored when you go on, switched off. Credentials are sealed; only the agent gets them, and nobody is shown them again."
      next={wizard.isStoring ? "Storing…" : "Store and test"}
      onNext={onNext}
      onBack={() => wizard.goTo(0)}
      error={wizard.storeError}
    >
      <TextField
        label="Address"
        type="url"
        placeholder={words.endpoint}
        hint="As in a browser, without the path of a page."
        value={draft.endpoint}
        wrong={shown.endpoint}
        onChange={(endpoint) => change({ endpoint })}
      />
      <TextField
        label={words.credentialTitle}
        type="password"
        autoComplete="off"
        placeholder={stored === undefined ? "" : "stored; leave empty to keep it"}
        hint={words.credentialHint}
        value={draft.secret}
        wrong={shown.secret}
        onChange={(secret) => change({ secret })}
      />
      <NetworkFields draft={draft} change={change} wrong={shown} />
    </StepFrame>
  );
}
