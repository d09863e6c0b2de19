/** How far a run is, as its agent tells the core while it goes on. Pure. */
import { isoTime } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { parseUuid } from "../lib/uuid.ts";
import { RUN_KINDS, type RunKind } from "./run-manifest.ts";

/** `command_type` of a CommandProgress that answers no command, so that a core which does not know it passes it over. */
export const PROGRESS_TYPE = "sync.progress";

/** A run as it stands at its agent. */
export interface LiveProgress {
  /** The source's sync_service_id. */
  readonly serviceId: string;
  readonly runId: string;
  readonly kind: RunKind;
  readonly startedMs: number;
  readonly pages: number;
  /** Devices read from the source, and those that a gateway has acknowledged. */
  readonly fetched: number;
  readonly streamed: number;
  readonly rejected: number;
  /** What the source says it holds. */
  readonly total?: number | undefined;
  /** Why it does not move, and until when by the agent's clock. */
  readonly waiting?: { readonly reason: string; readonly untilMs: number } | undefined;
  readonly isEnded: boolean;
}

/** Longest reason and run id, in characters. */
const WORD_MAX = 128;

/** As JSON; the same progress is the same text. */
export function formatProgress(progress: LiveProgress): string {
  const { waiting } = progress;
  return JSON.stringify({
    sync_service_id: progress.serviceId,
    run_id: progress.runId,
    kind: progress.kind,
    started: isoTime(progress.startedMs),
    pages: progress.pages,
    fetched: progress.fetched,
    streamed: progress.streamed,
    rejected: progress.rejected,
    total: progress.total,
    waiting: waiting && { reason: waiting.reason, until: isoTime(waiting.untilMs) },
    ended: progress.isEnded,
  });
}

/** Reads it; the error names the member that is missing or wrong. */
export function parseProgress(text: string): Result<LiveProgress> {
  const json = jsonOf(text);
  if (json === undefined) return err("progress is not a JSON object");
  const serviceId = parseUuid(textOf(json["sync_service_id"]) ?? "");
  const runId = textOf(json["run_id"]);
  const kind = RUN_KINDS.find((each) => each === json["kind"]);
  const startedMs = timeOf(json["started"]);
  const counts = ["pages", "fetched", "streamed", "rejected"].map((name) => countOf(json[name]));
  const [pages, fetched, streamed, rejected] = counts;
  if (serviceId === undefined) return err("progress.sync_service_id is missing or wrong");
  if (runId === undefined) return err("progress.run_id is missing or wrong");
  if (kind === undefined) return err("progress.kind is missing or wrong");
  if (startedMs === undefined) return err("progress.started is missing or wrong");
  if (
    pages === undefined ||
    fetched === undefined ||
    streamed === undefined ||
    rejected === undefined
  ) {
    return err("progress has a count that is missing or wrong");
  }
  return ok({
    serviceId,
    runId,
    kind,
    startedMs,
    pages,
    fetched,
    streamed,
    rejected,
    total: countOf(json["total"]),
    waiting: waitingOf(json["waiting"]),
    isEnded: json["ended"] === true,
  });
}

type Json = Readonly<Record<string, unknown>>;

function jsonOf(text: string): Json | undefined {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Json)
    : undefined;
}

function textOf(value: unknown): string | undefined {
  const isWord = typeof value === "string" && value !== "" && value.length <= WORD_MAX;
  return isWord && !value.includes("\0") ? value : undefined;
}

/** PostgreSQL's integers end there. */
const COUNT_MAX = 2_147_483_647;

function countOf(value: unknown): number | undefined {
  const isCount = Number.isSafeInteger(value) && (value as number) >= 0;
  return isCount ? Math.min(value as number, COUNT_MAX) : undefined;
}

function timeOf(value: unknown): number | undefined {
  const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

function waitingOf(value: unknown): LiveProgress["waiting"] {
  const json = objectOf(value);
  const reason = textOf(json?.["reason"]);
  const untilMs = timeOf(json?.["until"]);
  return reason === undefined || untilMs === undefined ? undefined : { reason, untilMs };
}
