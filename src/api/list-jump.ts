/** Where a list is to begin that somebody jumps in: a beginning of a name, of an address, a number, a day. Pure. */
import type { OrderTerm, Position } from "../inventory/query-sql.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { parseIp } from "../model/ip.ts";

/** Numbers of devices are PostgreSQL's int. */
const INT_MAX = 2 ** 31 - 1;
/** The last character there is: behind every name that begins so. */
const LAST_CHAR = "\u{10FFFF}";
/** Plain decimals: Number() also takes "0x10" and blanks, which nobody means and the database need not read alike. */
const NUMBER = /^[+-]?\d+(\.\d+)?$/;
const DAY_MS = 86_400_000;
const RISK_LEVELS = ["info", "low", "medium", "high", "critical"];

/** The place in an order, before the first device that stands there; the error says what the text should be. */
export function jumpTo(term: OrderTerm, text: string): Result<Position> {
  const { isDescending } = term;
  const value = READ[term.type](text, term);
  if (value === undefined) return err(`"${text}" is ${EXPECTED[term.type]}`);
  return ok({ values: [value], deviceNo: isDescending ? INT_MAX : -1 });
}

type Read = (text: string, term: OrderTerm) => string | undefined;

const READ: Readonly<Record<OrderTerm["type"], Read>> = {
  text: (text, { isFolded, isDescending }) => {
    // As the database folds names: only what every system folds alike.
    const folded = isFolded ? text.replaceAll(/[A-Z]/g, (char) => char.toLowerCase()) : text;
    return isDescending ? folded + LAST_CHAR : folded;
  },
  inet: (text, { isDescending }) => addressFrom(text, isDescending ? "255" : "0"),
  float8: (text) => (NUMBER.test(text) && Number.isFinite(Number(text)) ? text : undefined),
  int: (text) => {
    const level = RISK_LEVELS.indexOf(text.toLowerCase());
    if (level >= 0) return String(level);
    return /^\d$/.test(text) ? text : undefined;
  },
  timestamptz: (text, { isDescending }) => {
    const ms = Date.parse(text);
    if (!Number.isFinite(ms)) return undefined;
    const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
    // Downwards a day is entered at its end.
    const at = isDay && isDescending ? ms + DAY_MS - 1 : ms;
    if (Math.abs(at) > YEARS_MAX_MS) return undefined;
    const time = new Date(at).toISOString();
    return isDay && isDescending ? time.replace("Z", "999Z") : time;
  },
};
const EXPECTED: Readonly<Record<OrderTerm["type"], string>> = {
  text: "no text",
  inet: "no beginning of an IP address",
  float8: "no number",
  int: "no risk level",
  timestamptz: "no day such as 2026-03-02, and no time",
};
/** The years 0 to 9999, which both sides write alike, from 1970: more is no device's. */
const YEARS_MAX_MS = Date.UTC(3_939, 0, 1);

/** "10.4" and "2001:db8:" as the whole address that they begin, the rest of IPv4 filled with `rest`. */
function addressFrom(text: string, rest: string): string | undefined {
  const [plain = ""] = text.split("/");
  if (/^\d{1,3}(\.\d{1,3}){0,3}\.?$/.test(plain)) {
    const given = plain.split(".").filter((part) => part !== "");
    const whole = [...given, ...Array.from({ length: 4 - given.length }, () => rest)];
    return whole.every((part) => Number(part) <= 255) ? whole.map(Number).join(".") : undefined;
  }
  return parseIp(plain) ?? parseIp(`${plain.replace(/:+$/, "")}::`);
}
