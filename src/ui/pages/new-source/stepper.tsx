import { Check } from "lucide-react";
import type { ReactNode } from "react";

/** Steps of the wizard, in their order. */
const STEPS = ["System", "Connection", "Test", "Scope", "Rehearsal", "Enable"] as const;

type StepperProps = {
  readonly at: number;
  /** The one step that may be left out. */
  readonly isRehearsed: boolean;
  readonly onGo: (step: number) => void;
};

const REHEARSAL = STEPS.indexOf("Rehearsal");

/** Where the reader is; steps that are done can be gone back to. */
export function Stepper({ at, isRehearsed, onGo }: StepperProps): ReactNode {
  const isDone = (step: number): boolean => step < at && (isRehearsed || step !== REHEARSAL);
  return (
    <ol className="stepper" aria-label="Steps">
      {STEPS.map((title, step) => (
        <li key={title} data-state={step === at ? "now" : isDone(step) ? "done" : "next"}>
          <button
            type="button"
            disabled={step > at}
            aria-current={step === at ? "step" : undefined}
            onClick={() => onGo(step)}
          >
            <span className="stepper-mark" aria-hidden>
              {isDone(step) ? <Check size={13} /> : step + 1}
            </span>
            {title}
            {step < at && !isDone(step) && <span className="muted small">skipped</span>}
          </button>
        </li>
      ))}
    </ol>
  );
}
