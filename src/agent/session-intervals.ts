/** How often a session does what it does at intervals: the gateway's wishes, within bounds. Pure. */

/** What the gateway asks for in seconds; 0 where it says nothing. */
export interface AskedIntervals {
  readonly heartbeatSec: number;
  readonly pollSec: number;
}

/** What gateways say (protocol 1.1), for one that says nothing; and the original agent's clamps. */
const HEARTBEAT = { fallbackMs: 30_000, minMs: 1_000, maxMs: 3_600_000 };
const POLL = { fallbackMs: 300_000, minMs: 30_000, maxMs: 86_400_000 };
/** Polls of many agents that started together drift apart by up to this share of the interval. */
const POLL_JITTER = 0.1;

/** The intervals of a session, and whether the operator set one. */
export interface SessionIntervals {
  readonly heartbeatMs: number;
  /** The operator's own interval stands above the gateway's. */
  readonly isHeartbeatFixed: boolean;
  readonly pollMs: number;
}

/** Those of a session that nobody has told anything. */
export function firstIntervals(heartbeatMs: number | undefined): SessionIntervals {
  return {
    heartbeatMs: heartbeatMs ?? HEARTBEAT.fallbackMs,
    isHeartbeatFixed: heartbeatMs !== undefined,
    pollMs: POLL.fallbackMs,
  };
}

/** Takes over the heartbeat that a hello asks for. */
export function withHeartbeat<State extends SessionIntervals>(
  state: State,
  heartbeatSec: number,
): State {
  if (state.isHeartbeatFixed) return state;
  return { ...state, heartbeatMs: clamped(heartbeatSec, HEARTBEAT) };
}

/** Takes over the intervals that a configuration asks for. */
export function withAsked<State extends SessionIntervals>(
  state: State,
  asked: AskedIntervals,
): State {
  return { ...withHeartbeat(state, asked.heartbeatSec), pollMs: clamped(asked.pollSec, POLL) };
}

type Clamp = { readonly fallbackMs: number; readonly minMs: number; readonly maxMs: number };

function clamped(seconds: number, { fallbackMs, minMs, maxMs }: Clamp): number {
  return seconds > 0 ? Math.min(maxMs, Math.max(minMs, seconds * 1_000)) : fallbackMs;
}

/** A poll's delay, a little shorter at random. */
export function jittered(ms: number, roll: number): number {
  return Math.round(ms * (1 - POLL_JITTER * roll));
}
