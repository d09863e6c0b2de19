/** When a source runs next, and why it does not, from what core and agent say. Pure. */
import { parseGoDuration } from "../../../lib/duration.ts";
import type { Agent } from "../../calls/agents.ts";
import type { Source } from "../../calls/sources.ts";
import { relativeTime } from "../../parts/time-words.ts";
import type { Tone } from "../../parts/tone.ts";

/** When a source runs next, or why nobody can say. */
export type NextRun =
  | { readonly kind: "now" }
  | {
      readonly kind: "at";
      readonly at: string;
      readonly due: "later" | "now" | "late";
      /** By the poll interval: what the agent said last is older than the run that it spoke of. */
      readonly isReckoned: boolean;
    }
  | { readonly kind: "blocked"; readonly why: WhyNot };

/** Why a source does not run, and what to do. */
interface WhyNot {
  readonly tone: Tone;
  readonly title: string;
  /** The same in a table's cell, beside the source and its agent. */
  readonly short: string;
  readonly about: string;
  /** When it is tried again, where that is planned. */
  readonly at?: string | undefined;
  /** What helps: its agent is enrolled again or looked at, it moves to another agent, its connection is tested. */
  readonly act?: "enrol" | "move" | "agent" | "test";
}

/** An agent that says its due time has passed by more than this is late, ms: two heartbeats, which is how old its word may be. */
const LATE_MS = 60_000;

/** Says it. `agent` is the source's own; undefined where there is none of that name. */
export function nextRun(source: Source, agent: Agent | undefined, nowMs: number): NextRun {
  const why = blocked(source, agent, nowMs);
  if (why !== undefined) return { kind: "blocked", why };
  const said = saidOf(source, agent);
  if (said !== undefined && isRetrying(said)) {
    return { kind: "blocked", why: inBackoff(source, said, nowMs) };
  }
  if (source.last_run?.outcome === "running") return { kind: "now" };
  if (said === undefined) return { kind: "blocked", why: notConfirmed(source, agent) };
  if (said.state === "running") return { kind: "now" };
  if (said.next_due === undefined) return { kind: "blocked", why: ofState(said) };
  const at = dueAfterRun(source, said.next_due);
  const isReckoned = at !== said.next_due;
  return { kind: "at", at, due: dueNow(nowMs - Date.parse(at)), isReckoned };
}

/** The due time that was said, or where the last run began at it or after it the next one of the agent's row of equal steps. */
function dueAfterRun({ last_run: run, poll_interval: interval }: Source, said: string): string {
  const step = parseGoDuration(interval);
  const sinceMs = run === undefined ? -1 : Date.parse(run.started_at) - Date.parse(said);
  if (sinceMs < 0 || !step.ok || step.value <= 0) return said;
  const steps = Math.floor(sinceMs / step.value) + 1;
  return new Date(Date.parse(said) + steps * step.value).toISOString();
}

function saidOf(source: Source, agent: Agent | undefined): Said | undefined {
  return agent?.status?.sources?.find(
    ({ sync_service_id: id, name }) => id === source.id || name === source.name,
  );
}

/** Whether a run is under way, of which the core need not have got anything yet: it may wait for a system that is away. */
export function isUnderWay(source: Source, agent: Agent | undefined): boolean {
  return source.last_run?.outcome === "running" || saidOf(source, agent)?.state === "running";
}

function dueNow(lateMs: number): "later" | "now" | "late" {
  if (lateMs < 0) return "later";
  return lateMs > LATE_MS ? "late" : "now";
}

function blocked(source: Source, agent: Agent | undefined, nowMs: number): WhyNot | undefined {
  if (!source.enabled) {
    const about = "Its agent leaves it alone. Devices that it brought stay as they are.";
    return { tone: "idle", title: "It is paused", short: "paused", about };
  }
  if (agent === undefined) {
    const about = `Its agent "${source.agent_id}" does not exist. Give the source to another one.`;
    return { tone: "bad", title: "It has no agent", short: "no agent", about, act: "move" };
  }
  if (agent.state === "online") return undefined;
  const { certificate_not_after: ends } = agent;
  if (agent.state === "silent" && ends !== undefined && Date.parse(ends) <= nowMs) {
    const about = "The gateway lets nobody in with it. Enrol the agent again on its host.";
    const title = `Agent ${agent.agent_id}'s certificate has expired`;
    return { tone: "bad", title, short: "certificate expired", about, act: "enrol" };
  }
  return AWAY[agent.state](agent);
}

const AWAY: Readonly<Record<Exclude<Agent["state"], "online">, (agent: Agent) => WhyNot>> = {
  revoked: ({ agent_id: id }) => ({
    tone: "bad",
    title: `Agent ${id} is revoked`,
    short: "agent revoked",
    about: "Its certificates are refused. Enrol it again, or give the source to another agent.",
    act: "enrol",
  }),
  never_seen: ({ agent_id: id }) => ({
    tone: "warn",
    title: `Agent ${id} has never connected`,
    short: "agent unseen",
    about: "Enrol it on its host; it then fetches its configuration by itself.",
    act: "enrol",
  }),
  stopped: ({ agent_id: id }) => ({
    tone: "warn",
    title: `Agent ${id} is stopped`,
    short: "agent stopped",
    about: "It was stopped in order on its host; its runs go on once it is started.",
    act: "agent",
  }),
  silent: ({ agent_id: id }) => ({
    tone: "bad",
    title: `Agent ${id} is silent`,
    short: "agent silent",
    about: "See whether its service runs and reaches the gateway on port 50052.",
    act: "agent",
  }),
};

function notConfirmed({ agent_id: id }: Source, agent: Agent | undefined): WhyNot {
  const isOld = agent?.config_offered !== agent?.config_running;
  const about = isOld
    ? "It runs an older configuration; it is told of the new one within seconds while it is connected."
    : "It says nothing of this source yet; its next word comes within 30 s.";
  return { tone: "info", title: `Agent ${id} has not confirmed it`, short: "not confirmed", about };
}

type Said = {
  readonly state: string;
  readonly waiting?: { readonly reason: string };
  readonly next_due?: string;
  readonly error?: { readonly message: string };
};

/** Between two runs, or in the midst of one that asks again. */
function isRetrying({ state, waiting }: Said): boolean {
  return state === "backoff" || state === "failed" || waiting?.reason === "retry";
}

/** After a failure the agent waits, longer each time, so that a system that is down is left alone. */
function inBackoff(source: Source, { next_due: due, error }: Said, nowMs: number): WhyNot {
  const failed = wholeText(error?.message, source.last_run?.error) ?? "Its last run failed.";
  const isEnded = /[.!?…]$/.test(failed);
  const next = due === undefined ? "" : ` It tries again ${relativeTime(Date.parse(due), nowMs)}.`;
  const about = `${failed}${isEnded ? "" : "."}${next}`;
  return {
    tone: "warn",
    title: "It waits after a failure",
    short: "waits",
    about,
    at: due,
    act: "test",
  };
}

/** A heartbeat has room for the beginning of what failed; the run has all of it, and ends with what to do. */
function wholeText(said: string | undefined, ofRun: string | undefined): string | undefined {
  return said !== undefined && ofRun?.startsWith(said) === true ? ofRun : said;
}

function ofState({ state, error }: Said): WhyNot {
  const about = error?.message ?? "The agent does not say when it is due.";
  return {
    tone: "warn",
    title: `The agent calls it ${state.replaceAll("_", " ")}`,
    short: state.replaceAll("_", " "),
    about,
    act: "test",
  };
}
