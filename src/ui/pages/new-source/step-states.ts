/** How each step of the wizard stands. Pure. */

/** Steps of the wizard, in their order. */
const STEPS = ["System", "Connection", "Test", "Scope", "Rehearsal", "Enable"] as const;

/** A step that was passed without what it is for is skipped. */
export type StepState = "now" | "done" | "failed" | "skipped" | "next";

/** What came of the steps that one can go on from without success; undefined: nothing yet. */
export interface StepOutcomes {
  readonly tested: "passed" | "failed" | undefined;
  readonly isRehearsed: boolean;
}

/** All steps, seen from the one where the reader is. */
export function stepStates(
  at: number,
  outcomes: StepOutcomes,
): readonly { readonly title: string; readonly state: StepState }[] {
  return STEPS.map((title, step) => {
    if (step >= at) return { title, state: step === at ? "now" : "next" };
    return { title, state: doneAs(title, outcomes) };
  });
}

function doneAs(
  title: (typeof STEPS)[number],
  { tested, isRehearsed }: StepOutcomes,
): "done" | "failed" | "skipped" {
  if (title === "Rehearsal") return isRehearsed ? "done" : "skipped";
  if (title !== "Test" || tested === "passed") return "done";
  return tested ?? "skipped";
}
