/** Readers of single settings of a JSON file. Each throws ConfigError naming the setting; null counts as absent. */
import { parseBytes } from "../lib/bytes.ts";
import { ConfigError } from "../lib/errors.ts";
import { parseLabel } from "../model/tenant.ts";

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** The value as an object. */
export function object(value: unknown, setting: string): Json {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  throw new ConfigError(setting, "is not a JSON object");
}

/** A trimmed text; undefined where it is absent or blank. */
export function text(root: Json, setting: string): string | undefined {
  const value = root[setting];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw new ConfigError(setting, "is not a text");
  return value.trim() === "" ? undefined : value.trim();
}

/** An agent id or a partition. */
export function label(root: Json, setting: string): string | undefined {
  const value = text(root, setting);
  if (value === undefined) return undefined;
  const checked = parseLabel(value, setting);
  if (!checked.ok) throw new ConfigError(setting, checked.error);
  return checked.value;
}

/** True or false. */
export function yes(root: Json, setting: string, fallback: boolean): boolean {
  const value = root[setting] ?? fallback;
  if (typeof value !== "boolean") throw new ConfigError(setting, "must be true or false");
  return value;
}

/** Bounds of a size in bytes, and what holds where it is absent. */
export interface Size {
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
}

/** A size such as "256MB", or a number of bytes. */
export function size(root: Json, setting: string, { fallback, min, max }: Size): number {
  const value = root[setting];
  if (value === undefined || value === null || value === 0 || value === "") return fallback;
  const parsed = parseBytes(typeof value === "string" ? value : JSON.stringify(value));
  if (!parsed.ok) throw new ConfigError(setting, parsed.error);
  if (parsed.value < min || parsed.value > max) {
    throw new ConfigError(setting, `${JSON.stringify(value)} is not from ${min} to ${max} bytes`);
  }
  return parsed.value;
}
