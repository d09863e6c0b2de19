import { err, ok, type Result } from "./result.ts";

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};
const PART = /(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/gy;
const NS_PER_MS = 1e6;

/**
 * Milliseconds of a Go duration: a string such as "1h30m", "500ms", "-2s", "0", or a number of
 * nanoseconds, as Go's encoding/json of time.Duration has it (pkg.go.dev/time#ParseDuration).
 */
export function parseGoDuration(value: unknown): Result<number> {
  if (typeof value === "number" && Number.isFinite(value)) return ok(value / NS_PER_MS);
  if (typeof value !== "string") return err('is not a duration such as "10m"');
  const text = value.trim();
  const sign = text.startsWith("-") ? -1 : 1;
  const body = text.replace(/^[+-]/, "");
  if (body === "0") return ok(0);
  const ms = sumOfParts(body);
  return ms === undefined
    ? err(`"${value}" is not a duration such as "10m" or "1h30m"`)
    : ok(sign * ms);
}

function sumOfParts(body: string): number | undefined {
  let ms = 0;
  let end = 0;
  for (const part of body.matchAll(PART)) {
    ms += Number(part[1]) * (UNIT_MS[part[2] ?? ""] ?? Number.NaN);
    end = part.index + part[0].length;
  }
  return end === body.length && end > 0 ? ms : undefined;
}

/** Writes whole milliseconds as the shortest Go duration: 5400000 is "1h30m". */
export function formatGoDuration(ms: number): string {
  if (ms === 0) return "0s";
  const sign = ms < 0 ? "-" : "";
  let rest = Math.abs(Math.round(ms));
  let text = "";
  for (const unit of ["h", "m", "s", "ms"]) {
    const size = UNIT_MS[unit] ?? 1;
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return sign + text;
}
