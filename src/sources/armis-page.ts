import { err, ok, type Result } from "../lib/result.ts";
import type { ArmisRecord } from "./armis-map.ts";
import type { SourceRejection } from "./source.ts";

/** One result of a search at its offset: a record with an id, or why it is none. */
export type ArmisRow =
  | { readonly offset: number; readonly id: number; readonly record: ArmisRecord }
  | { readonly offset: number; readonly id?: undefined; readonly rejected: SourceRejection };

/** What a search answered. */
export interface ArmisPage {
  readonly rows: readonly ArmisRow[];
  /** Whether the answer says that more follows. */
  readonly hasNext: boolean;
  readonly total?: number;
}

/** Longest text shown in the place of an id. */
const NATIVE_ID_CHARS_MAX = 64;

type Json = Readonly<Record<string, unknown>>;

/** Reads the answer to a search that began at offset `from`. The error says what is not as Armis has it. */
export function parseArmisPage(body: unknown, from: number): Result<ArmisPage> {
  if (!isObject(body)) return err("is not a JSON object");
  if (body["success"] === false) return err(`says success: false (${said(body["message"])})`);
  const page = body["data"];
  if (!isObject(page)) return err('has no "data" object');
  const results = page["results"];
  if (!Array.isArray(results)) return err('has no list "data.results"');
  const total = page["total"];
  return ok({
    rows: results.map((record: unknown, nth) => rowOf(record, from + nth)),
    hasNext: saysMore(page["next"]),
    ...(isCount(total) ? { total } : {}),
  });
}

/** Armis ends with null; ServiceRadar's faker ends with 0, others leave it out. */
function saysMore(next: unknown): boolean {
  return next !== undefined && next !== null && next !== 0 && next !== "";
}

function rowOf(record: unknown, offset: number): ArmisRow {
  if (!isObject(record)) {
    return { offset, rejected: { nativeId: "", reason: "record is not a JSON object" } };
  }
  const id = idOf(record["id"]);
  if (id !== undefined) return { offset, id, record };
  const reason = record["id"] == null ? "record has no id" : "id is not a positive whole number";
  return { offset, rejected: { nativeId: called(record["id"]) || called(record["name"]), reason } };
}

/** What stands in the place of an id that is none. */
function called(value: unknown): string {
  const text = Number.isSafeInteger(value) ? String(value) : value;
  return typeof text === "string" ? text.slice(0, NATIVE_ID_CHARS_MAX) : "";
}

function idOf(value: unknown): number | undefined {
  const id = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return isCount(id) && id > 0 ? id : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function said(message: unknown): string {
  return typeof message === "string" ? message.replaceAll(/\s+/g, " ").slice(0, 200) : "no message";
}
