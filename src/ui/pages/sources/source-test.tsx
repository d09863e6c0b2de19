import { useMutation } from "@tanstack/react-query";
import { CircleCheck, CircleMinus, CircleX, LoaderCircle, Circle } from "lucide-react";
import { useEffect, useRef, type ReactNode } from "react";

import { hasEnded, useCommand, type Command, type TestStep } from "../../calls/commands.ts";
import { useRefusal } from "../../calls/session.ts";
import { actOnSource } from "../../calls/sources.ts";
import { Button } from "../../parts/button.tsx";
import { Failure } from "../../parts/failure.tsx";
import { durationWords } from "../../parts/time-words.ts";
import { stepsShown, testOutcome, type ShownStep, type TestOutcome } from "./test-steps.ts";

type SourceTestProps = {
  readonly tenant: string;
  readonly source: string;
  readonly startsAtOnce?: boolean;
  /** Told what the newest test came to; undefined while it goes on. */
  readonly onOutcome?: (outcome: TestOutcome | undefined) => void;
};

/** Has the source's agent test it, and shows each step as it comes. */
export function SourceTest({
  tenant,
  source,
  startsAtOnce = false,
  onOutcome,
}: SourceTestProps): ReactNode {
  const testing = useMutation({ mutationFn: () => actOnSource<Command>(tenant, source, "test") });
  const command = useCommand(tenant, testing.data?.command_id);
  const refusal = useRefusal(tenant, "operator");
  const isStarted = useRef(false);
  useEffect(() => {
    if (!startsAtOnce || isStarted.current) return;
    isStarted.current = true;
    testing.mutate();
  });
  const outcome = testing.isError ? "failed" : testOutcome(command);
  useEffect(() => onOutcome?.(outcome), [outcome, onOutcome]);
  const isUnderWay =
    testing.isPending || (testing.isSuccess && (command === undefined || !hasEnded(command)));
  const { steps = [] } = (command?.result ?? {}) as { readonly steps?: readonly TestStep[] };
  return (
    <div className="stack-s">
      <ol className="checks" aria-label="Test" aria-live="polite">
        {stepsShown(steps, isUnderWay).map((step) => (
          <StepLine key={step.name} step={step} />
        ))}
      </ol>
      {command?.state === "expired" && (
        <p className="notice" data-tone="warn">
          The agent did not take the test within a minute.
        </p>
      )}
      <Failure error={testing.error} />
      <div>
        <Button refusal={refusal} onClick={() => testing.mutate()} disabled={isUnderWay}>
          {isUnderWay ? "Testing…" : testing.isIdle ? "Test now" : "Test again"}
        </Button>
      </div>
    </div>
  );
}

const SIZE = 17;
const ICONS = {
  passed: CircleCheck,
  failed: CircleX,
  skipped: CircleMinus,
  running: LoaderCircle,
  waiting: Circle,
} as const;

function StepLine({ step }: { readonly step: ShownStep }): ReactNode {
  const Icon = ICONS[step.outcome];
  return (
    <li data-outcome={step.outcome}>
      <Icon size={SIZE} aria-hidden className={step.outcome === "running" ? "spin" : undefined} />
      <strong>{step.title}</strong>
      <span className="wrap-anywhere">
        <span className="visually-hidden">{step.outcome}: </span>
        {step.message}
      </span>
      <span className="muted small">{step.ms === undefined ? "" : durationWords(step.ms)}</span>
    </li>
  );
}
