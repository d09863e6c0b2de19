import { Check, X } from "lucide-react";
import type { ReactNode } from "react";

import { stepStates, type StepOutcomes, type StepState } from "./step-states.ts";

type StepperProps = {
  readonly at: number;
  readonly outcomes: StepOutcomes;
  readonly onGo: (step: number) => void;
};

/** Where the reader is; steps that are done can be gone back to. */
export function Stepper({ at, outcomes, onGo }: StepperProps): ReactNode {
  return (
    <ol className="stepper" aria-label="Steps">
      {stepStates(at, outcomes).map(({ title, state }, step) => (
        <li key={title} data-state={state}>
          <button
            type="button"
            disabled={step > at}
            aria-current={step === at ? "step" : undefined}
            onClick={() => onGo(step)}
          >
            <span className="stepper-mark" aria-hidden>
              <Mark state={state} step={step} />
            </span>
            {title}
            {(state === "failed" || state === "skipped") && (
              <span className="small stepper-word">{state}</span>
            )}
          </button>
        </li>
      ))}
    </ol>
  );
}

function Mark({ state, step }: { readonly state: StepState; readonly step: number }): ReactNode {
  if (state === "done") return <Check size={13} />;
  return state === "failed" ? <X size={13} /> : step + 1;
}
