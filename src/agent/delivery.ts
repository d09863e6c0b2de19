/** Whether an agent has delivered since it started. An upgrade is judged by it: a session alone says little of a release that cannot sync. Pure. */
import type { SourceStatus } from "./source-status.ts";

/** What the answer is found in; AgentFacts has it. */
interface DeliveryFacts {
  readonly session: {
    readonly heartbeatMs?: number | undefined;
    readonly problem?: string | undefined;
  };
  readonly config: {
    readonly rejected: readonly { readonly name: string; readonly reason: string }[];
  };
  readonly sources: readonly SourceStatus[];
}

/** The answer, and what it rests on. */
export interface Delivery {
  readonly is_proven: boolean;
  readonly because: string;
}

/**
 * Proven are an acknowledged heartbeat and, where there are sources, a part of a run that the gateway has, or a run that ended well. Every
 * source is pulled within seconds of a start, so this need not be waited for long.
 */
export function deliveryOf({ session, config, sources }: DeliveryFacts): Delivery {
  if (session.heartbeatMs === undefined) {
    return no(session.problem ?? "no heartbeat was acknowledged yet");
  }
  const delivered = sources.find(
    ({ totals, run }) => totals.byOutcome.success + totals.sentChunks + (run?.sentChunks ?? 0) > 0,
  );
  if (delivered !== undefined) return yes(`the gateway has what ${delivered.name} gave`);
  const [unusable] = config.rejected;
  if (sources.length > 0) return no(withReasons("no run was acknowledged yet", sources));
  if (unusable !== undefined) return no(`${unusable.name} cannot be used: ${unusable.reason}`);
  return yes("a heartbeat was acknowledged, and there are no sources");
}

function yes(because: string): Delivery {
  return { is_proven: true, because };
}

function no(because: string): Delivery {
  return { is_proven: false, because };
}

function withReasons(what: string, sources: readonly SourceStatus[]): string {
  const reasons = sources.flatMap(({ name, lastRun }) =>
    lastRun?.error === undefined ? [] : [`${name}: ${lastRun.error.message}`],
  );
  return [what, ...reasons].join("; ");
}
