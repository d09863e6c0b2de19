/** The original's query parameters, read as it reads them: an empty one is none, a limit too large is cut down. Pure. */
import { isoTime } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";

/** Most devices that the original skips: its clients stop there. */
const OFFSET_MAX = 100_000;
const TEXT_CHARS_MAX = 200;
const INT_MAX = 2 ** 31 - 1;

/** Parameters as they came. */
export type Given = Readonly<Record<string, string | undefined>>;

/** Where a page is. */
export interface CompatPage {
  readonly limit: number;
  readonly offset: number;
}

const textOf = (text: string | undefined): string | undefined =>
  text?.trim().slice(0, TEXT_CHARS_MAX) || undefined;

function numberOf(
  name: string,
  text: string | undefined,
  { min, fallback }: { readonly min: number; readonly fallback: number },
): Result<number> {
  const given = textOf(text);
  if (given === undefined) return ok(fallback);
  const number = /^\d{1,10}$/.test(given) ? Number(given) : -1;
  return number >= min && number <= INT_MAX ? ok(number) : err(`invalid ${name}`);
}

/** Reads limit, and offset or page. The error is the original's. */
export function readCompatPage(given: Given, limitMax: number): Result<CompatPage> {
  const asked = numberOf("limit", given["limit"], { min: 1, fallback: 100 });
  if (!asked.ok) return asked;
  const limit = Math.min(asked.value, limitMax);
  const offset = numberOf("offset", given["offset"], { min: 0, fallback: 0 });
  if (!offset.ok) return offset;
  const page = numberOf("page", given["page"], { min: 1, fallback: 1 });
  if (!page.ok) return page;
  const isByOffset = textOf(given["offset"]) !== undefined;
  const skipped = isByOffset ? offset.value : (page.value - 1) * limit;
  return skipped <= OFFSET_MAX ? ok({ limit, offset: skipped }) : err("offset too large");
}

const STATUS: ReadonlyMap<string, boolean> = new Map([
  ["online", true],
  ["available", true],
  ["offline", false],
  ["unavailable", false],
]);

/** Reads search, status and device_type. */
export function readListFilter(given: Given): Result<{
  readonly search: string | undefined;
  readonly isAvailable: boolean | undefined;
  readonly type: string | undefined;
}> {
  const status = textOf(given["status"])?.toLowerCase();
  const isAvailable = status === undefined ? undefined : STATUS.get(status);
  if (status !== undefined && isAvailable === undefined) return err(`invalid status: ${status}`);
  const collector = textOf(given["gateway_id"]) ?? textOf(given["poller_id"]);
  if (collector !== undefined) {
    return err("gateway_id is not kept: it is the collector's, never the device's");
  }
  const [search, type] = [textOf(given["search"]), textOf(given["device_type"])];
  return ok({ search, isAvailable, type });
}

/** Reads type_id, first_seen_after and last_seen_after. */
export function readExportFilter(given: Given): Result<{
  readonly typeId: number | undefined;
  readonly firstSeenAfter: string | undefined;
  readonly lastSeenAfter: string | undefined;
}> {
  const typeId = numberOf("integer value", given["type_id"], { min: 0, fallback: -1 });
  if (!typeId.ok) return typeId;
  const [first, last] = [given["first_seen_after"], given["last_seen_after"]].map(instantOf);
  if (first?.ok === false) return first;
  if (last?.ok === false) return last;
  return ok({
    typeId: typeId.value < 0 ? undefined : typeId.value,
    firstSeenAfter: first?.value,
    lastSeenAfter: last?.value,
  });
}

/** An instant with its offset, in years that every database has; in UTC, since PostgreSQL knows fewer offsets than JavaScript. */
function instantOf(given: string | undefined): Result<string> | undefined {
  const text = textOf(given);
  if (text === undefined) return undefined;
  const [, day] =
    /^([12]\d{3}-\d\d-\d\d)[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i.exec(text) ?? [];
  const [dayMs, ms] = [Date.parse(day ?? ""), Date.parse(text)];
  // JavaScript reads the 30th of February as the 2nd of March.
  const isDay = Number.isFinite(dayMs) && isoTime(dayMs).startsWith(day ?? " ");
  return isDay && Number.isFinite(ms)
    ? ok(isoTime(ms))
    : err("invalid datetime format (use ISO8601)");
}
