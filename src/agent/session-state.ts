/**
 * The agent's session with its gateways as a pure state machine: events in, a new state and effects out.
 *
 *                      next address, or all were tried
 *             ┌──────┐         ┌───────────────────┐
 *             │      ▼         │                   ▼
 *             └── greeting ────┘                waiting
 *                  │    ▲                        │   ▲
 *         hello_ok │    └──────── timer ─────────┘   │ all lost: back-off
 *                  ▼                                 │
 *             configuring ── link lost ──────────────┤     link lost with another address left: greeting at once
 *                  │                                 │
 *   config_ok, or config_failed by itself            │
 *                  ▼                                 │
 *               running ──── link lost ──────────────┘     any phase ── stop ──► stopped
 *
 *                  | greeting        | configuring     | running              | waiting  | stopped
 *   hello_ok       | configuring     | -               | -                    | -        | -
 *   hello_failed   | greeting/waiting| -               | -                    | -        | -
 *   config_ok      | -               | running         | next poll            | -        | -
 *   config_failed  | -               | running or lost | sooner poll or lost  | -        | -
 *   config_pushed  | -               | -               | next poll            | -        | -
 *   heartbeat_ok   | -               | -               | next beat            | -        | -
 *   heartbeat_failed -               | -               | next beat or lost    | -        | -
 *   control_ended  | -               | -               | reopen later or lost | -        | -
 *   renewed        | -               | greeting        | greeting             | -        | -
 *   run_ended      | -               | -               | sooner beat          | -        | -
 *   timer          | -               | -               | what is due          | greeting | -
 *   stop           | stopped         | stopped         | stopped              | stopped  | -
 *
 * A dash keeps the state. Answers that belong to an earlier link are dropped before the table is asked. Nothing here touches a
 * run: its stream goes on over the connection it has, whatever other calls meet.
 */
import { backoffMs, type Backoff } from "../lib/retry.ts";
import {
  firstIntervals,
  jittered,
  withAsked,
  withHeartbeat,
  type AskedIntervals,
  type SessionIntervals,
} from "./session-intervals.ts";

/** Why a call failed, as far as the session cares. */
export type CallFailure =
  /** The gateway cannot be reached, or refuses this agent: everything starts anew with Hello. */
  | "link"
  /** This call alone went wrong. */
  | "call"
  /** The gateway does not know this call. */
  | "unsupported";

/** What happens to a session. `link` is the number of the link that an answer belongs to. */
export type SessionEvent =
  | { readonly type: "hello_ok"; readonly link: number; readonly heartbeatSec: number }
  | { readonly type: "hello_failed"; readonly link: number }
  | { readonly type: "config_ok"; readonly link: number; readonly asked: AskedIntervals }
  | { readonly type: "config_failed"; readonly link: number; readonly failure: CallFailure }
  | { readonly type: "config_pushed"; readonly link: number; readonly asked: AskedIntervals }
  | { readonly type: "heartbeat_ok"; readonly link: number }
  | { readonly type: "heartbeat_failed"; readonly link: number; readonly failure: CallFailure }
  | {
      readonly type: "control_ended";
      readonly link: number;
      /** Absent: the gateway ended the stream in order. */
      readonly failure?: CallFailure;
      readonly livedMs: number;
    }
  /** There is another certificate: a new connection proves who we are by it. */
  | { readonly type: "renewed" }
  /** A source stands otherwise than the last heartbeat said. */
  | { readonly type: "run_ended" }
  | { readonly type: "timer"; readonly name: TimerName }
  | { readonly type: "stop" };

/** What a session waits for. */
export type TimerName = "wait" | "heartbeat" | "config" | "control";

/** What the shell has to do; `leave` drops the control stream, all timers and all calls of the session under way. */
export type SessionEffect =
  | { readonly do: "hello"; readonly link: number; readonly address: number }
  | { readonly do: "get_config"; readonly link: number }
  | { readonly do: "heartbeat"; readonly link: number }
  | { readonly do: "open_control"; readonly link: number }
  | { readonly do: "timer"; readonly name: TimerName; readonly ms: number }
  | { readonly do: "leave" };

/** What every phase remembers. */
interface Common extends SessionIntervals {
  /** Counts greetings; tells answers of this link from those of earlier ones. */
  readonly link: number;
  /** How many addresses there are, and which one is used. */
  readonly addresses: number;
  readonly address: number;
  /** Hellos in a row that failed. */
  readonly helloFailures: number;
  /** Links in a row that were lost before a heartbeat got through. */
  readonly losses: number;
}

/** Where a session is. */
export type SessionState =
  | (Common & { readonly phase: "greeting" })
  | (Common & { readonly phase: "configuring" })
  | (Common & {
      readonly phase: "running";
      readonly config: "waiting" | "asking";
      readonly heartbeat: "waiting" | "sending";
      /** The next heartbeat comes soon, since there is something to tell. */
      readonly isHastened: boolean;
      readonly control: "open" | "waiting" | "unsupported";
      /** GetConfig calls in a row that failed, and control streams in a row that ended soon. */
      readonly configFailures: number;
      readonly controlFailures: number;
    })
  | (Common & { readonly phase: "waiting" })
  | (Common & { readonly phase: "stopped" });

/** One of the phases above. */
export type SessionPhase = SessionState["phase"];

/** A new state, and what to do. */
export interface SessionStep {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}

/** Between hellos when every address failed, and before a lost gateway is greeted again: the original agent's (protocol 3.1). */
const HELLO_BACKOFF: Backoff = { baseMs: 2_000, capMs: 30_000 };
const RECONNECT_BACKOFF: Backoff = { baseMs: 5_000, capMs: 60_000 };
/** Before a control stream that ended by itself is opened again. */
const CONTROL_BACKOFF: Backoff = { baseMs: 5_000, capMs: 60_000 };
/** A stream that lived so long did not end because of how it was opened. */
const CONTROL_SETTLED_MS = 60_000;
/** Before a GetConfig that failed by itself is tried again; the usual interval at most. */
const CONFIG_BACKOFF: Backoff = { baseMs: 5_000, capMs: 300_000 };
/** How soon a heartbeat tells that a run has ended, ms: who looks on sees it, and runs that end together are told of once. */
const HASTE_MS = 2_000;

/** The beginning: Hello at the first address. */
export function startSession(options: {
  readonly addresses: number;
  readonly heartbeatMs?: number;
}): SessionStep {
  const { addresses, heartbeatMs } = options;
  return greet({
    link: 0,
    addresses,
    address: 0,
    helloFailures: 0,
    losses: 0,
    ...firstIntervals(heartbeatMs),
  });
}

/** The next state. `roll` in [0, 1) decides all jitter of this step. */
export function stepSession(state: SessionState, event: SessionEvent, roll: number): SessionStep {
  if ("link" in event && event.link !== state.link) return { state, effects: [] };
  // The table's type pairs every phase with every event; TypeScript cannot follow the pairing through two look-ups.
  const cell = TABLE[state.phase][event.type] as (
    state: SessionState,
    event: SessionEvent,
    roll: number,
  ) => SessionStep;
  return cell(state, event, roll);
}

type StateOf<P extends SessionPhase> = Extract<SessionState, { readonly phase: P }>;
type EventOf<T extends SessionEvent["type"]> = Extract<SessionEvent, { readonly type: T }>;
type Cells<P extends SessionPhase> = {
  readonly [T in SessionEvent["type"]]: (
    state: StateOf<P>,
    event: EventOf<T>,
    roll: number,
  ) => SessionStep;
};

/** A row of the table in which nothing happens. */
const QUIET = {
  hello_ok: keep,
  hello_failed: keep,
  config_ok: keep,
  config_failed: keep,
  config_pushed: keep,
  heartbeat_ok: keep,
  heartbeat_failed: keep,
  control_ended: keep,
  renewed: keep,
  run_ended: keep,
  timer: keep,
  stop: keep,
} satisfies Cells<SessionPhase>;

const TABLE: { readonly [P in SessionPhase]: Cells<P> } = {
  greeting: {
    ...QUIET,
    hello_ok: (state, { heartbeatSec }) => ({
      state: { ...withHeartbeat(state, heartbeatSec), phase: "configuring", helloFailures: 0 },
      effects: [{ do: "get_config", link: state.link }],
    }),
    hello_failed: (state, _, roll) => nextHello(state, roll),
    stop,
  },
  configuring: {
    hello_ok: keep,
    hello_failed: keep,
    config_ok: (state, { asked }, roll) => run(withAsked(state, asked), { failures: 0, roll }),
    config_failed: (state, { failure }, roll) =>
      failure === "link" ? lose(state, roll) : run(state, { failures: 1, roll }),
    config_pushed: keep,
    heartbeat_ok: keep,
    heartbeat_failed: keep,
    control_ended: keep,
    renewed,
    run_ended: keep,
    timer: keep,
    stop,
  },
  running: {
    hello_ok: keep,
    hello_failed: keep,
    config_ok: (state, { asked }, roll) => polled(withAsked(state, asked), roll),
    config_failed: (state, { failure }, roll) => {
      if (failure === "link") return lose(state, roll);
      const configFailures = state.configFailures + 1;
      const ms = configRetryMs(state, configFailures, roll);
      return {
        state: { ...state, config: "waiting", configFailures },
        effects: [{ do: "timer", name: "config", ms }],
      };
    },
    config_pushed: (state, { asked }, roll) => polled(withAsked(state, asked), roll),
    heartbeat_ok: (state) => beaten({ ...state, losses: 0 }),
    heartbeat_failed: (state, { failure }, roll) =>
      failure === "link" ? lose(state, roll) : beaten(state),
    control_ended: (state, event, roll) => controlEnded(state, event, roll),
    renewed,
    run_ended: hasten,
    timer: (state, { name }) => due(state, name),
    stop,
  },
  waiting: {
    ...QUIET,
    timer: (state, { name }) =>
      name === "wait" ? greet({ ...state, address: nextAddress(state) }) : keep(state),
    stop,
  },
  stopped: QUIET,
};

type Running = StateOf<"running">;

function keep(state: SessionState): SessionStep {
  return { state, effects: [] };
}

function stop(state: SessionState): SessionStep {
  return { state: { ...common(state), phase: "stopped" }, effects: [{ do: "leave" }] };
}

/** The same gateway, greeted anew. Nothing was lost, so nothing is waited for. */
function renewed(state: Common): SessionStep {
  const next = greet(state);
  return { state: next.state, effects: [{ do: "leave" }, ...next.effects] };
}

/** Without what only one phase has. */
function common(state: Common): Common {
  const { link, addresses, address, helloFailures, losses, ...rest } = state;
  const { heartbeatMs, isHeartbeatFixed, pollMs } = rest;
  const intervals = { heartbeatMs, isHeartbeatFixed, pollMs };
  return { link, addresses, address, helloFailures, losses, ...intervals };
}

function nextAddress({ address, addresses }: Common): number {
  return (address + 1) % addresses;
}

function greet(state: Common): SessionStep {
  const link = state.link + 1;
  return {
    state: { ...common(state), link, phase: "greeting" },
    effects: [{ do: "hello", link, address: state.address }],
  };
}

/** Every address once without delay, then a pause, then again. */
function nextHello(state: Common, roll: number): SessionStep {
  const failed = { ...state, helloFailures: state.helloFailures + 1 };
  const rounds = failed.helloFailures / state.addresses;
  if (!Number.isInteger(rounds)) return greet({ ...failed, address: nextAddress(failed) });
  return wait(failed, backoffMs(HELLO_BACKOFF, rounds - 1, roll));
}

function wait(state: Common, ms: number): SessionStep {
  return {
    state: { ...common(state), phase: "waiting" },
    effects: [{ do: "timer", name: "wait", ms }],
  };
}

/**
 * The gateway is gone, or will not have us. Another address is tried at once; when every one was lost in turn before a single
 * heartbeat got through, only a pause keeps us from running in circles.
 */
function lose(state: Common, roll: number): SessionStep {
  const lost = { ...state, losses: state.losses + 1, helloFailures: 0 };
  const isAnotherLeft = lost.losses < state.addresses;
  const next = isAnotherLeft
    ? greet({ ...lost, address: nextAddress(lost) })
    : wait(lost, backoffMs(RECONNECT_BACKOFF, lost.losses - state.addresses, roll));
  return { state: next.state, effects: [{ do: "leave" }, ...next.effects] };
}

function run(
  state: Common,
  { failures, roll }: { readonly failures: number; readonly roll: number },
): SessionStep {
  const pollMs =
    failures === 0 ? jittered(state.pollMs, roll) : configRetryMs(state, failures, roll);
  return {
    state: {
      ...common(state),
      phase: "running",
      config: "waiting",
      heartbeat: "sending",
      isHastened: false,
      control: "open",
      configFailures: failures,
      controlFailures: 0,
    },
    effects: [
      { do: "open_control", link: state.link },
      { do: "heartbeat", link: state.link },
      { do: "timer", name: "config", ms: pollMs },
    ],
  };
}

function polled(state: Running, roll: number): SessionStep {
  return {
    state: { ...state, config: "waiting", configFailures: 0 },
    effects: [{ do: "timer", name: "config", ms: jittered(state.pollMs, roll) }],
  };
}

function beaten(state: Running): SessionStep {
  return {
    state: { ...state, heartbeat: "waiting" },
    effects: [
      { do: "timer", name: "heartbeat", ms: state.isHastened ? HASTE_MS : state.heartbeatMs },
    ],
  };
}

/** An interval that the operator set is kept to; a gateway that is being told is told again soon after. */
function hasten(state: Running): SessionStep {
  const isSoon = state.isHastened || state.heartbeatMs <= HASTE_MS;
  if (isSoon || state.isHeartbeatFixed) return keep(state);
  const next = { ...state, isHastened: true };
  return state.heartbeat === "waiting" ? beaten(next) : keep(next);
}

function controlEnded(
  state: Running,
  { failure, livedMs }: EventOf<"control_ended">,
  roll: number,
): SessionStep {
  const isSettled = livedMs >= CONTROL_SETTLED_MS;
  // A gateway that ends a stream in order after a while is about to stop: the one that comes after it must know us first.
  if (failure === "link" || (failure === undefined && isSettled)) return lose(state, roll);
  // A gateway of the first generation has no control stream; the next Hello may reach a newer one.
  if (failure === "unsupported") return keep({ ...state, control: "unsupported" });
  const controlFailures = isSettled ? 1 : state.controlFailures + 1;
  const ms = backoffMs(CONTROL_BACKOFF, controlFailures - 1, roll);
  return {
    state: { ...state, control: "waiting", controlFailures },
    effects: [{ do: "timer", name: "control", ms }],
  };
}

function due(state: Running, name: TimerName): SessionStep {
  const { link } = state;
  if (name === "heartbeat" && state.heartbeat === "waiting") {
    const sending = { ...state, heartbeat: "sending", isHastened: false } as const;
    return { state: sending, effects: [{ do: "heartbeat", link }] };
  }
  if (name === "config" && state.config === "waiting") {
    return { state: { ...state, config: "asking" }, effects: [{ do: "get_config", link }] };
  }
  if (name === "control" && state.control === "waiting") {
    return { state: { ...state, control: "open" }, effects: [{ do: "open_control", link }] };
  }
  return keep(state);
}

function configRetryMs({ pollMs }: Common, failures: number, roll: number): number {
  return Math.min(pollMs, backoffMs(CONFIG_BACKOFF, failures - 1, roll));
}
