/** The steps of a source's test with those that are still to come. Pure. */
import type { Command, TestStep } from "../../calls/commands.ts";

/** A step as it is shown. */
export interface ShownStep {
  readonly name: string;
  readonly title: string;
  readonly outcome: TestStep["outcome"] | "running" | "waiting";
  readonly message: string;
  readonly ms?: number;
}

/** Steps that the agent goes through, in order. */
const TITLES: Readonly<Record<string, string>> = {
  dns: "Name",
  tcp: "Connection",
  tls: "Certificate",
  auth: "Log-in",
  permission: "Rights",
  sample: "Devices",
};

/** What a test came to. */
export type TestOutcome = "passed" | "failed";

/** What the command of a test came to; undefined while it goes on. One that no agent took proved nothing, so it failed. */
export function testOutcome(command: Pick<Command, "state"> | undefined): TestOutcome | undefined {
  if (command?.state === "succeeded") return "passed";
  return command?.state === "failed" || command?.state === "expired" ? "failed" : undefined;
}

/** What came, the step under way, and what waits. */
export function stepsShown(come: readonly TestStep[], isUnderWay: boolean): readonly ShownStep[] {
  const known = Object.keys(TITLES);
  const names = [...known, ...come.map(({ step }) => step).filter((step) => !known.includes(step))];
  const first = names.find((name) => come.every(({ step }) => step !== name));
  return names.map((name) => {
    const title = TITLES[name] ?? name;
    const found = come.find(({ step }) => step === name);
    if (found !== undefined) {
      const message = inTitles(found.message);
      return { name, title, outcome: found.outcome, message, ms: found.ms };
    }
    const isNow = isUnderWay && name === first;
    return { name, title, outcome: isNow ? "running" : "waiting", message: "" };
  });
}

/** The agent names a step that failed before by its name in the contract. */
function inTitles(message: string): string {
  const step = /^not tried, because (\w+) failed$/.exec(message)?.[1];
  return step === undefined ? message : `not tried, because ${TITLES[step] ?? step} failed`;
}
