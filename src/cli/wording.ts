/** How times and numbers are written for people. Pure. */
import { grouped } from "../lib/grouped.ts";

const UNITS = [
  { letter: "d", ms: 86_400_000 },
  { letter: "h", ms: 3_600_000 },
  { letter: "m", ms: 60_000 },
  { letter: "s", ms: 1_000 },
] as const;
/** Two units of the larger are as exact as anybody asks: "47h" rather than "1d", "90m" rather than "1h". */
const SWITCH_AT = 2;

/** A span in its best unit: "45s", "12m", "3d". */
export function spanText(ms: number): string {
  const span = Math.max(0, ms);
  const unit = UNITS.find((candidate) => span >= candidate.ms * SWITCH_AT);
  return unit === undefined
    ? `${Math.round(span / 1_000)}s`
    : `${Math.floor(span / unit.ms)}${unit.letter}`;
}

/** How long something took: "318ms", "12.3s", then as a span. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))}ms`;
  return ms < 120_000 ? `${(ms / 1_000).toFixed(1)}s` : spanText(ms);
}

/** How long ago a time of the API was, or in how long it will be. */
export function agoText(time: string | undefined, nowMs: number): string | undefined {
  if (time === undefined) return undefined;
  const ms = nowMs - Date.parse(time);
  return ms < 0 ? `in ${spanText(-ms)}` : `${spanText(ms)} ago`;
}

/** A time of the API to the second: "2026-01-30 08:15:00Z". */
export function timeText(time: string | undefined): string | undefined {
  return time?.replace("T", " ").replace(/\.\d+Z$/, "Z");
}

/** 10213 is "10,213". */
export function countText(count: number): string {
  return grouped(count);
}

/** "1 device", "2 devices". */
export function countOf(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Devices a second and the like, of a run of some milliseconds. */
export function rateText(count: number, ms: number): string | undefined {
  return ms > 0 && count > 0 ? `${countText(Math.round((count * 1_000) / ms))}/s` : undefined;
}

/** A member of a JSON answer in a line: a text as it is, undefined for none. */
export function valueText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "string" ? value : JSON.stringify(value);
}
