import type { ReactNode } from "react";

import { SourceTest } from "../sources/source-test.tsx";
import { StepFrame } from "./step-frame.tsx";
import type { Wizard } from "./use-wizard.ts";

/** The agent tries the connection step by step. */
export function StepTest({
  tenant,
  wizard,
}: {
  readonly tenant: string;
  readonly wizard: Wizard;
}): ReactNode {
  const { draft, tested, setTested } = wizard;
  return (
    <StepFrame
      title={`Does ${draft.agentId} get in?`}
      about="The agent looks the name up, connects, checks the certificate, logs in and reads a few devices. Nothing is stored."
      next={tested === "failed" ? "Continue all the same" : "Continue"}
      onNext={() => wizard.goTo(3)}
      onBack={() => wizard.goTo(1)}
    >
      <SourceTest tenant={tenant} source={draft.name} startsAtOnce onOutcome={setTested} />
    </StepFrame>
  );
}
