/** How far a full run has got, as it is kept for an agent that starts anew. Pure; checkpoint-store.ts keeps it. */
import { err, ok, type Result } from "../lib/result.ts";

/** Where in a source's pages the gateway's last chunk ends. */
export interface Position {
  /** Of the last page that the gateway has whole; absent: of none. */
  readonly cursor: string | undefined;
  /** How many entries behind that page the gateway has, and the SHA-256 over them: the source may have changed since. */
  readonly behind: { readonly entries: number; readonly sha256: string };
  /** What was counted up to the end of that page. */
  readonly pages: number;
  readonly rejected: Readonly<Record<string, number>>;
}

/** A run that may go on after a restart, under its own id. */
export interface Checkpoint {
  /** The source as it was set up, by its fingerprint: another one is another run. */
  readonly fingerprint: string;
  readonly runId: string;
  /** The event time of all that the run sends. */
  readonly startedMs: number;
  /** Name of the gateway that stands in the entries. */
  readonly gatewayId: string;
  /** Of the run's first page. */
  readonly mark: string | undefined;
  readonly position: Position;
  /** SHA-256 of each chunk that the gateway has, in run-wide order, and how many entries they hold. */
  readonly chunks: readonly string[];
  readonly entries: number;
  readonly savedMs: number;
}

/** Another release may keep another form. */
const FORMAT = 1;
/** A core gives a silent run up after an hour unless told otherwise; a run that is that old is not worth the doubt. */
const AGE_MAX_MS = 45 * 60_000;
/** Clocks are set back by seconds all the time; by more, and nobody knows how old anything is. */
const SET_BACK_MAX_MS = 300_000;

/** The checkpoint as JSON text. */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  return JSON.stringify({ format: FORMAT, ...checkpoint });
}

/** Reads what formatCheckpoint wrote; the error says why it is of no use. */
export function parseCheckpoint(text: string): Result<Checkpoint> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return err("is not JSON");
  }
  if (!isObject(json)) return err("is not a JSON object");
  if (json["format"] !== FORMAT) return err("has the form of another release");
  const { position } = json;
  if (!isObject(position)) return err("has no position");
  const isWhole =
    [json["fingerprint"], json["runId"], json["gatewayId"]].every(isText) &&
    [json["startedMs"], json["savedMs"]].every(Number.isFinite) &&
    [json["entries"], position["pages"]].every(isCount) &&
    [json["mark"], position["cursor"]].every((value) => value === undefined || isText(value)) &&
    isBehind(position["behind"]) &&
    isCounts(position["rejected"]) &&
    isHashes(json["chunks"]);
  return isWhole ? ok(json as unknown as Checkpoint) : err("is not whole");
}

/** Why a run is not taken up again; undefined where it is. */
export function outdated(
  { fingerprint, savedMs }: Checkpoint,
  now: { readonly fingerprint: string; readonly ms: number },
): string | undefined {
  if (fingerprint !== now.fingerprint) return "the source was changed";
  const ageMs = now.ms - savedMs;
  if (ageMs < -SET_BACK_MAX_MS) return "the clock went back";
  return ageMs > AGE_MAX_MS
    ? `it stood still for ${Math.round(ageMs / 60_000)} minutes`
    : undefined;
}

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

const SHA256 = /^[0-9a-f]{64}$/;

function isHash(value: unknown): boolean {
  return typeof value === "string" && SHA256.test(value);
}

function isHashes(value: unknown): boolean {
  return Array.isArray(value) && value.every(isHash);
}

function isBehind(value: unknown): boolean {
  return isObject(value) && isCount(value["entries"]) && isHash(value["sha256"]);
}

function isCounts(value: unknown): boolean {
  return isObject(value) && Object.values(value).every(isCount);
}
