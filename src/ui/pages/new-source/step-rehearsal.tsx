import type { ReactNode } from "react";

import { SourceRehearsal } from "../sources/source-rehearsal.tsx";
import { StepFrame } from "./step-frame.tsx";
import type { Wizard } from "./use-wizard.ts";

/** What the first run would do to the inventory. */
export function StepRehearsal({
  tenant,
  wizard,
}: {
  readonly tenant: string;
  readonly wizard: Wizard;
}): ReactNode {
  return (
    <StepFrame
      title="What would it do to the inventory?"
      about="The agent reads the whole source once, and the core plays it against the inventory and takes everything back. Nothing is changed."
      next={wizard.isRehearsed ? "Continue" : "Skip"}
      onNext={() => wizard.goTo(5)}
      onBack={() => wizard.goTo(3)}
    >
      <SourceRehearsal tenant={tenant} source={wizard.draft.name} onDone={wizard.rehearsed} />
    </StepFrame>
  );
}
