/** Times in words for people. Pure. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Nearer than this is "just now": clocks of page and core differ by as much. */
const NOW_MS = 5 * SECOND;

const YEAR = 365 * DAY;
/** From here on nobody counts days. */
const YEARS_FROM = 2 * YEAR;

const UNITS = [
  [DAY, "day"],
  [HOUR, "hour"],
  [MINUTE, "minute"],
  [SECOND, "second"],
] as const;

/** "3 minutes ago", "in 2 hours", "just now". */
export function relativeTime(thenMs: number, nowMs: number): string {
  const distance = Math.abs(nowMs - thenMs);
  if (distance < NOW_MS) return "just now";
  const words = amount(distance);
  return thenMs <= nowMs ? `${words} ago` : `in ${words}`;
}

/** The same where there is little room: "3m ago", "now". */
export function shortTime(thenMs: number, nowMs: number): string {
  const distance = Math.abs(nowMs - thenMs);
  if (distance < NOW_MS) return "now";
  const [size, unit] = UNITS.find(([one]) => distance >= one) ?? UNITS[3];
  const words = `${Math.floor(distance / size)}${unit.slice(0, 1)}`;
  return thenMs <= nowMs ? `${words} ago` : `in ${words}`;
}

/** "today", "yesterday", "5 days ago": of what is known to the day alone. Days are those of UTC, as the core counts them. */
export function relativeDay(thenMs: number, nowMs: number): string {
  const days = Math.floor(nowMs / DAY) - Math.floor(thenMs / DAY);
  if (days <= 0) return "today";
  return days === 1 ? "yesterday" : `${days} days ago`;
}

function amount(ms: number): string {
  if (ms >= YEARS_FROM) return `${Math.floor(ms / YEAR)} years`;
  const [size, unit] = UNITS.find(([one]) => ms >= one) ?? UNITS[3];
  const count = Math.floor(ms / size);
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** How long something took: "380 ms", "12.4 s", "3 min 20 s", "2 h 5 min". */
export function durationWords(ms: number): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < MINUTE) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < HOUR) return pair(ms, [MINUTE, "min"], [SECOND, "s"]);
  if (ms < DAY) return pair(ms, [HOUR, "h"], [MINUTE, "min"]);
  return pair(ms, [DAY, "d"], [HOUR, "h"]);
}

type Unit = readonly [size: number, name: string];

function pair(ms: number, [large, largeName]: Unit, [small, smallName]: Unit): string {
  const rest = Math.floor((ms % large) / small);
  const first = `${Math.floor(ms / large)} ${largeName}`;
  return rest === 0 ? first : `${first} ${rest} ${smallName}`;
}

/** How long until the words of `relativeTime` change, ms. */
export function untilStale(thenMs: number, nowMs: number): number {
  const distance = Math.abs(nowMs - thenMs);
  if (distance < MINUTE) return NOW_MS;
  return distance < HOUR ? MINUTE / 2 : 10 * MINUTE;
}
