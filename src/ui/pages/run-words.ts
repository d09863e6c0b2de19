/** What the outcome of a run means. Pure. */
import { capital } from "../parts/capital.ts";
import type { StatusIcon, Tone } from "../parts/tone.ts";

/** A state as it is shown. */
export interface Shown {
  readonly tone: Tone;
  readonly icon?: StatusIcon;
  readonly word: string;
}

const OUTCOMES: Readonly<Record<string, Shown>> = {
  running: { tone: "info", icon: "running", word: "Running" },
  success: { tone: "good", word: "Success" },
  partial: { tone: "warn", word: "Partial" },
  failed: { tone: "bad", word: "Failed" },
  timeout: { tone: "bad", word: "Timed out" },
};

/** A run's outcome; one that is not known yet is shown as it is called. */
export function outcomeShown(outcome: string): Shown {
  return OUTCOMES[outcome] ?? { tone: "idle", word: outcome };
}

/** Beside the outcome of a run that an operator took back. */
export const UNDONE: Shown = { tone: "idle", icon: "ended", word: "Undone" };

/** A source as its last run and its switch have it. */
export function sourceShown(source: {
  readonly enabled: boolean;
  readonly last_run?: { readonly outcome: string } | undefined;
}): Shown {
  if (!source.enabled) return { tone: "idle", icon: "paused", word: "Paused" };
  if (source.last_run === undefined) return { tone: "idle", word: "Never ran" };
  const shown = outcomeShown(source.last_run.outcome);
  return shown.tone === "good" ? { ...shown, word: "Healthy" } : shown;
}

const AGENT_STATES: Readonly<Record<string, Shown>> = {
  online: { tone: "good", word: "Online" },
  silent: { tone: "bad", word: "Silent" },
  stopped: { tone: "warn", icon: "paused", word: "Stopped" },
  never_seen: { tone: "warn", word: "Never seen" },
  revoked: { tone: "idle", icon: "ended", word: "Revoked" },
};

/** An agent's state. */
export function agentShown(state: string): Shown {
  return AGENT_STATES[state] ?? { tone: "idle", word: state };
}

const KINDS: Readonly<Record<string, string>> = { delta: "poll", full: "discovery" };

/** What a run is called, in the words of its source's intervals: a poll or a discovery; "run" where an agent did not say. */
export function runWord(kind: string): string {
  return KINDS[kind] ?? "run";
}

const READ: Readonly<Record<string, string>> = {
  delta: "it reads what changed since the run before",
  full: "it reads everything that the source holds",
};

/** Who ran it, and how much of the source that is. */
export function runAbout({ kind, agent_id }: { readonly kind: string; readonly agent_id: string }) {
  const read = READ[kind];
  return `${capital(runWord(kind))} by ${agent_id}${read === undefined ? "" : `: ${read}`}`;
}
