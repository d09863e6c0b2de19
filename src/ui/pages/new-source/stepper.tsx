import { Check } from "lucide-react";
import type { ReactNode } from "react";

/** Steps of the wizard, in their order. */
const STEPS = ["System", "Connection", "Test", "Scope", "Rehearsal", "Enable"] as const;

type StepperProps = { readonly at: number; readonly onGo: (step: number) => void };

/** Where the reader is; steps that are done can be gone back to. */
export function Stepper({ at, onGo }: StepperProps): ReactNode {
  return (
    <ol className="stepper" aria-label="Steps">
      {STEPS.map((title, step) => (
        <li key={title} data-state={step < at ? "done" : step === at ? "now" : "next"}>
          <button
            type="button"
            disabled={step > at}
            aria-current={step === at ? "step" : undefined}
            onClick={() => onGo(step)}
          >
            <span className="stepper-mark" aria-hidden>
              {step < at ? <Check size={13} /> : step + 1}
            </span>
            {title}
          </button>
        </li>
      ))}
    </ol>
  );
}
