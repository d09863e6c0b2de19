import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import fc from "fast-check";

import {
  startSession,
  stepSession,
  type SessionEffect,
  type SessionEvent,
  type SessionState,
  type SessionStep,
} from "../../src/agent/session-state.ts";

const asked = { heartbeatSec: 30, pollSec: 300 };

/** A session that has seen these events; links are filled in. */
function after(events: readonly SessionEvent[], addresses = 1): SessionStep {
  return events.reduce<SessionStep>(
    ({ state }, event) => stepSession(state, current(event, state), 0.5),
    startSession({ addresses }),
  );
}

function current(event: SessionEvent, { link }: SessionState): SessionEvent {
  return "link" in event ? { ...event, link } : event;
}

const EVENTS = {
  hello_ok: { type: "hello_ok", link: 0, heartbeatSec: 30 },
  hello_failed: { type: "hello_failed", link: 0 },
  config_ok: { type: "config_ok", link: 0, asked },
  config_failed: { type: "config_failed", link: 0, failure: "call" },
  config_lost: { type: "config_failed", link: 0, failure: "link" },
  config_pushed: { type: "config_pushed", link: 0, asked },
  heartbeat_ok: { type: "heartbeat_ok", link: 0 },
  heartbeat_failed: { type: "heartbeat_failed", link: 0, failure: "call" },
  heartbeat_lost: { type: "heartbeat_failed", link: 0, failure: "link" },
  control_ended: { type: "control_ended", link: 0, livedMs: 5_000 },
  control_failed: { type: "control_ended", link: 0, livedMs: 5_000, failure: "call" },
  control_lost: { type: "control_ended", link: 0, livedMs: 5_000, failure: "link" },
  control_unsupported: { type: "control_ended", link: 0, livedMs: 5, failure: "unsupported" },
  timer_wait: { type: "timer", name: "wait" },
  timer_heartbeat: { type: "timer", name: "heartbeat" },
  timer_config: { type: "timer", name: "config" },
  timer_control: { type: "timer", name: "control" },
  renewed: { type: "renewed" },
  run_ended: { type: "run_ended" },
  stop: { type: "stop" },
} as const satisfies Record<string, SessionEvent>;
type EventName = keyof typeof EVENTS;

/** How a session comes into each phase, with one gateway address. */
const PATHS = {
  greeting: [],
  configuring: ["hello_ok"],
  running: ["hello_ok", "config_ok"],
  waiting: ["hello_failed"],
  stopped: ["stop"],
} as const satisfies Record<SessionState["phase"], readonly EventName[]>;
type Phase = keyof typeof PATHS;

/** Phase and effects after an event, for every pair that is not in here nothing happens. */
const TABLE: Readonly<Record<Phase, Partial<Record<EventName, string>>>> = {
  greeting: {
    hello_ok: "configuring: get_config",
    hello_failed: "waiting: timer wait 1500",
    stop: "stopped: leave",
  },
  configuring: {
    renewed: "greeting: leave, hello 0",
    config_ok: "running: open_control, heartbeat, timer config 285000",
    config_failed: "running: open_control, heartbeat, timer config 3750",
    config_lost: "waiting: leave, timer wait 3750",
    stop: "stopped: leave",
  },
  running: {
    renewed: "greeting: leave, hello 0",
    config_ok: "running: timer config 285000",
    config_failed: "running: timer config 3750",
    config_lost: "waiting: leave, timer wait 3750",
    config_pushed: "running: timer config 285000",
    heartbeat_ok: "running: timer heartbeat 30000",
    heartbeat_failed: "running: timer heartbeat 30000",
    heartbeat_lost: "waiting: leave, timer wait 3750",
    control_ended: "running: timer control 3750",
    control_failed: "running: timer control 3750",
    control_lost: "waiting: leave, timer wait 3750",
    control_unsupported: "running: nothing",
    // Its heartbeat is on its way and its control stream is open.
    timer_config: "running: get_config",
    stop: "stopped: leave",
  },
  waiting: { timer_wait: "greeting: hello 0", stop: "stopped: leave" },
  stopped: {},
};

function shown(effect: SessionEffect): string {
  if (effect.do === "hello") return `hello ${effect.address}`;
  return effect.do === "timer" ? `timer ${effect.name} ${effect.ms}` : effect.do;
}

function outcome({ state, effects }: SessionStep): string {
  return `${state.phase}: ${effects.map(shown).join(", ") || "nothing"}`;
}

for (const [phase, path] of Object.entries(PATHS) as [Phase, readonly EventName[]][]) {
  for (const name of Object.keys(EVENTS) as EventName[]) {
    test(`${phase}, then ${name}`, () => {
      const { state } = after(path.map((step) => EVENTS[step]));
      assert.equal(state.phase, phase);
      const step = stepSession(state, current(EVENTS[name], state), 0.5);
      assert.equal(outcome(step), TABLE[phase][name] ?? `${phase}: nothing`);
    });
  }
}

const PHASES = Object.keys(PATHS) as Phase[];

/** The machine's own answers as the table of docs/agent.md. */
function drawnTable(): string {
  const cell = (phase: Phase, name: EventName): string => {
    const { state } = after(PATHS[phase].map((step) => EVENTS[step]));
    const step = stepSession(state, current(EVENTS[name], state), 0.5);
    const does = step.effects.map((effect) =>
      effect.do === "timer" ? `wait (${effect.name})` : effect.do,
    );
    const moved = step.state.phase === phase ? [] : [`**${step.state.phase}**`];
    return [...moved, ...does].join(", ") || "-";
  };
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    row(["", ...PHASES]),
    row(["---", ...PHASES.map(() => "---")]),
    ...(Object.keys(EVENTS) as EventName[]).map((name) =>
      row([`\`${name}\``, ...PHASES.map((phase) => cell(phase, name))]),
    ),
  ].join("\n");
}

test("docs/agent.md draws the machine as it is, for one gateway", () => {
  const page = readFileSync(new URL("../../docs/agent.md", import.meta.url), "utf8");
  const [, drawn = ""] =
    /<!-- session-table -->\n([\s\S]*?)\n?<!-- \/session-table -->/.exec(page) ?? [];
  assert.equal(drawn, drawnTable(), `the table should be\n${drawnTable()}\n`);
});

test("an answer of an earlier link changes nothing", () => {
  const { state } = after([
    EVENTS.hello_ok,
    EVENTS.config_ok,
    EVENTS.heartbeat_lost,
    EVENTS.timer_wait,
  ]);
  assert.equal(state.phase, "greeting");
  for (const event of Object.values(EVENTS)) {
    if (!("link" in event)) continue;
    assert.deepEqual(stepSession(state, { ...event, link: 1 }, 0.5), { state, effects: [] });
  }
});

test("every address is greeted once before anybody waits, and the wait grows to 30 s", () => {
  let step = startSession({ addresses: 3 });
  const seen = [outcome(step)];
  for (let nth = 0; nth < 24; nth += 1) {
    const isWaiting = step.state.phase === "waiting";
    const event = isWaiting ? EVENTS.timer_wait : EVENTS.hello_failed;
    step = stepSession(step.state, current(event, step.state), 0);
    seen.push(outcome(step));
  }
  assert.deepEqual(seen.slice(0, 5), [
    "greeting: hello 0",
    "greeting: hello 1",
    "greeting: hello 2",
    "waiting: timer wait 1000",
    "greeting: hello 0",
  ]);
  assert.equal(
    seen.filter((text) => text.startsWith("waiting")).at(-1),
    "waiting: timer wait 15000",
  );
});

test("a lost gateway is left for the next address at once", () => {
  const step = after([EVENTS.hello_ok, EVENTS.config_ok, EVENTS.heartbeat_lost], 2);
  assert.equal(outcome(step), "greeting: leave, hello 1");
});

test("gateways that accept and are lost again are not run after in circles", () => {
  const lost = [EVENTS.hello_ok, EVENTS.config_ok, EVENTS.control_lost];
  assert.equal(outcome(after([...lost, ...lost], 2)), "waiting: leave, timer wait 3750");
  const settled = [EVENTS.hello_ok, EVENTS.config_ok, EVENTS.heartbeat_ok, EVENTS.control_lost];
  assert.equal(outcome(after([...settled, ...settled], 2)), "greeting: leave, hello 0");
});

test("a session that waits for a heartbeat's time sends it then, and only one at a time", () => {
  const { state } = after([EVENTS.hello_ok, EVENTS.config_ok, EVENTS.heartbeat_ok]);
  const sent = stepSession(state, EVENTS.timer_heartbeat, 0.5);
  assert.equal(outcome(sent), "running: heartbeat");
  assert.equal(outcome(stepSession(sent.state, EVENTS.timer_heartbeat, 0.5)), "running: nothing");
});

test("a control stream that ends is opened again, later each time, but soon after it held long", () => {
  const ends = (count: number, livedMs: number): string => {
    const ended = { ...EVENTS.control_failed, livedMs };
    const more = Array.from({ length: count - 1 }, () => [EVENTS.timer_control, ended]).flat();
    return outcome(after([EVENTS.hello_ok, EVENTS.config_ok, ended, ...more]));
  };
  assert.equal(ends(3, 5_000), "running: timer control 15000");
  assert.equal(ends(9, 5_000), "running: timer control 45000");
  assert.equal(ends(9, 60_000), "running: timer control 3750");
});

test("a gateway that ends a long control stream in order is greeted anew, for it is about to stop", () => {
  const ended = { ...EVENTS.control_ended, livedMs: 60_000 };
  const running = [EVENTS.hello_ok, EVENTS.config_ok, EVENTS.heartbeat_ok];
  assert.equal(outcome(after([...running, ended])), "waiting: leave, timer wait 3750");
  assert.equal(outcome(after([...running, ended], 2)), "greeting: leave, hello 1");
});

test("a run that ended is told of two seconds later, runs that end together at once, and then no sooner than usual", () => {
  const beats = [EVENTS.hello_ok, EVENTS.config_ok, EVENTS.heartbeat_ok];
  const ended = after([...beats, EVENTS.run_ended]);
  assert.equal(outcome(ended), "running: timer heartbeat 2000");
  const again = stepSession(ended.state, EVENTS.run_ended, 0.5);
  assert.equal(outcome(again), "running: nothing");
  const told = after([...beats, EVENTS.run_ended, EVENTS.timer_heartbeat, EVENTS.heartbeat_ok]);
  assert.equal(outcome(told), "running: timer heartbeat 30000");
});

test("a run that ends while a heartbeat is on its way is told of by the next, soon after", () => {
  const step = after([EVENTS.hello_ok, EVENTS.config_ok, EVENTS.run_ended, EVENTS.heartbeat_ok]);
  assert.equal(outcome(step), "running: timer heartbeat 2000");
});

test("an operator's own heartbeat interval stands whatever ends", () => {
  const start = startSession({ addresses: 1, heartbeatMs: 60_000 });
  const { state } = [EVENTS.hello_ok, EVENTS.config_ok, EVENTS.heartbeat_ok].reduce(
    (step, event) => stepSession(step.state, current(event, step.state), 0.5),
    start,
  );
  assert.equal(outcome(stepSession(state, EVENTS.run_ended, 0.5)), "running: nothing");
});

test("intervals are taken from the gateway within bounds; the operator's own heartbeat stands", () => {
  const intervals = (heartbeatSec: number, pollSec: number, heartbeatMs?: number): unknown => {
    const start = startSession({
      addresses: 1,
      ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
    });
    const hello = stepSession(start.state, current(EVENTS.hello_ok, start.state), 0);
    const event = { type: "config_ok", link: 1, asked: { heartbeatSec, pollSec } } as const;
    const { state } = stepSession(hello.state, event, 0);
    return [state.heartbeatMs, state.pollMs];
  };
  assert.deepEqual(intervals(45, 600), [45_000, 600_000]);
  assert.deepEqual(intervals(0, 0), [30_000, 300_000]);
  assert.deepEqual(intervals(100_000, 1_000_000), [3_600_000, 86_400_000]);
  assert.deepEqual(intervals(-5, 1), [30_000, 30_000]);
  assert.deepEqual(intervals(45, 600, 7_000), [7_000, 600_000]);
});

const anyEvent = fc.constantFrom(...Object.values(EVENTS));

test("whatever happens, a session that is not stopped always has something to wait for", () => {
  fc.assert(
    fc.property(
      fc.array(anyEvent, { maxLength: 60 }),
      fc.integer({ min: 1, max: 3 }),
      fc.double({ min: 0, max: 0.99, noNaN: true }),
      (events, addresses, roll) => {
        const pending = new Set<string>();
        let { state, effects } = startSession({ addresses });
        note(pending, effects);
        for (const event of events) {
          // Only what was asked for, or is in the operator's hands, can happen.
          if (!isPossible(event, pending)) continue;
          done(event, pending);
          ({ state, effects } = stepSession(state, current(event, state), roll));
          note(pending, effects);
          if (state.phase === "stopped") assert.deepEqual([...pending], []);
          else assert.ok(pending.size > 0, `${state.phase} waits for nothing`);
          assert.ok(state.address < addresses);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

const ANSWERS: Readonly<Record<string, string>> = {
  hello_ok: "hello",
  hello_failed: "hello",
  config_ok: "get_config",
  config_failed: "get_config",
  heartbeat_ok: "heartbeat",
  heartbeat_failed: "heartbeat",
  control_ended: "open_control",
};

function askedBy(event: SessionEvent): string {
  if (event.type === "timer") return `timer ${event.name}`;
  return ANSWERS[event.type] ?? "";
}

function isPossible(event: SessionEvent, pending: ReadonlySet<string>): boolean {
  if (event.type === "stop") return true;
  if (event.type === "config_pushed") return pending.has("open_control");
  return pending.has(askedBy(event));
}

function done(event: SessionEvent, pending: Set<string>): void {
  if (event.type !== "config_pushed") pending.delete(askedBy(event));
}

function note(pending: Set<string>, effects: readonly SessionEffect[]): void {
  for (const effect of effects) {
    if (effect.do === "leave") pending.clear();
    else pending.add(effect.do === "timer" ? `timer ${effect.name}` : effect.do);
  }
}
