import { isoTime } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";

/** Whether a run read the whole source, or only what changed since the one before. */
export const RUN_KINDS = ["full", "delta"] as const;
/** How a run ended at the agent. `partial`: some records or pages are missing. */
export const RUN_OUTCOMES = ["success", "partial", "failed", "timeout"] as const;

/** One of RUN_KINDS. */
export type RunKind = (typeof RUN_KINDS)[number];
/** One of RUN_OUTCOMES. */
export type RunOutcome = (typeof RUN_OUTCOMES)[number];

/** What an agent says of a run that is over; the last thing it sends of it, also when there was nothing or it failed. */
export interface RunManifest {
  readonly runId: string;
  /** The source's sync_service_id. */
  readonly serviceId: string;
  readonly kind: RunKind;
  readonly outcome: RunOutcome;
  /** Milliseconds since 1970 UTC. */
  readonly startedMs: number;
  readonly endedMs: number;
  /** Pages read from the source. */
  readonly pages: number;
  /** How many devices the source says it holds, where it says so. */
  readonly sourceTotal?: number;
  /** Entries sent, over all chunks. */
  readonly devices: number;
  /** Every chunk sent, in run-wide order, by the SHA-256 of its `message` in lower-case hex. */
  readonly chunks: readonly { readonly sha256: string }[];
  /** Records left out, by reason. */
  readonly rejected: Readonly<Record<string, number>>;
  readonly error?: RunError;
}

/** Why a run failed or stayed partial. */
interface RunError {
  /** A code of SOURCE_ERRORS, or of another SyncError. */
  readonly kind: string;
  readonly message: string;
}

/** Most chunks of one run; 1M devices of 1 kB are about 330, so this is 300 million devices. */
const CHUNKS_MAX = 100_000;
/** Highest index of a chunk that the ledger can hold: PostgreSQL's int. */
export const CHUNK_INDEX_MAX = 2 ** 31 - 1;
/** Most reasons that `rejected` may list; a connector has a handful. */
const REJECTED_KINDS_MAX = 64;
/** Longest id, reason or error kind in characters. */
const WORD_MAX = 256;
/** Longest error message in characters; the agent cuts, the core refuses. */
const ERROR_MESSAGE_MAX = 2_000;

/** The manifest as JSON text. */
export function formatManifest(manifest: RunManifest): string {
  const { error } = manifest;
  return JSON.stringify({
    run_id: manifest.runId,
    service_id: manifest.serviceId,
    kind: manifest.kind,
    outcome: manifest.outcome,
    started: isoTime(manifest.startedMs),
    ended: isoTime(manifest.endedMs),
    pages: manifest.pages,
    source_total: manifest.sourceTotal,
    devices: manifest.devices,
    chunks: manifest.chunks,
    rejected: manifest.rejected,
    error: error && { kind: error.kind, message: error.message.slice(0, ERROR_MESSAGE_MAX) },
  });
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads a manifest. Strict: a run is judged complete by it, so a field that is missing or wrong is an error that names
 * it. Unknown members are left to newer cores.
 */
export function parseManifest(text: string): Result<RunManifest> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return err("manifest is not JSON");
  }
  if (!isObject(json)) return err("manifest is not a JSON object");
  const problem = Object.entries(CHECKS).find(([name, isGood]) => !isGood(json[name]));
  if (problem !== undefined) return err(`manifest.${problem[0]} is missing or wrong`);
  return ok(toManifest(json as unknown as WireManifest));
}

/** A manifest whose members passed CHECKS. */
interface WireManifest {
  readonly run_id: string;
  readonly service_id: string;
  readonly kind: RunKind;
  readonly outcome: RunOutcome;
  readonly started: string;
  readonly ended: string;
  readonly pages: number;
  readonly source_total?: number | null;
  readonly devices: number;
  readonly chunks: readonly { readonly sha256: string }[];
  readonly rejected: Readonly<Record<string, number>>;
  readonly error?: RunError | null;
}

const CHECKS: Readonly<Record<keyof WireManifest, (value: unknown) => boolean>> = {
  run_id: isWord,
  service_id: isWord,
  kind: (value) => RUN_KINDS.some((kind) => kind === value),
  outcome: (value) => RUN_OUTCOMES.some((outcome) => outcome === value),
  started: isTime,
  ended: isTime,
  pages: isCount,
  source_total: (value) => value == null || isCount(value),
  devices: isCount,
  chunks: areChunks,
  rejected: areCounts,
  error: (value) => value == null || isRunError(value),
};

function toManifest(wire: WireManifest): RunManifest {
  return {
    runId: wire.run_id,
    serviceId: wire.service_id,
    kind: wire.kind,
    outcome: wire.outcome,
    startedMs: Date.parse(wire.started),
    endedMs: Date.parse(wire.ended),
    pages: wire.pages,
    ...(wire.source_total == null ? {} : { sourceTotal: wire.source_total }),
    devices: wire.devices,
    chunks: wire.chunks.map(({ sha256 }) => ({ sha256 })),
    rejected: { ...wire.rejected },
    ...(wire.error == null
      ? {}
      : { error: { kind: wire.error.kind, message: wire.error.message } }),
  };
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWord(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "" && value.length <= WORD_MAX;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

function isTime(value: unknown): boolean {
  return typeof value === "string" && RFC_3339.test(value) && !Number.isNaN(Date.parse(value));
}

const SHA256 = /^[0-9a-f]{64}$/;

function areChunks(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length <= CHUNKS_MAX &&
    value.every(
      (chunk: unknown) =>
        isObject(chunk) && typeof chunk["sha256"] === "string" && SHA256.test(chunk["sha256"]),
    )
  );
}

function areCounts(value: unknown): boolean {
  if (!isObject(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= REJECTED_KINDS_MAX &&
    entries.every(([reason, count]) => isWord(reason) && isCount(count))
  );
}

function isRunError(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { kind, message } = value;
  return isWord(kind) && typeof message === "string" && message.length <= ERROR_MESSAGE_MAX;
}
