import { err, ok, type Result } from "../../src/lib/result.ts";
import type { FleetDevice } from "./fleet.ts";

/** What the fake understands of an Armis query: the window in days, and which devices it wants. */
export interface AqlQuery {
  readonly windowDays: number;
  /** Undefined where the query wants every device. */
  readonly wants: ((device: FleetDevice) => boolean) | undefined;
}

/** A word ends at a blank that is not inside quotes. */
const WORD = /(?:[^\s"]|"[^"]*")+/g;
const CLAUSE = /^(\w+):(.+)$/;
const DAYS: Readonly<Record<string, number>> = {
  seconds: 1 / 86_400,
  minutes: 1 / 1_440,
  hours: 1 / 24,
  days: 1,
  weeks: 7,
};
/** Armis is said to apply a window of its own where a query names none; which one is not public. */
const WINDOW_DEFAULT_DAYS = 1;

const FIELDS: Readonly<Record<string, (device: FleetDevice) => string>> = {
  category: (device) => device.category,
  type: (device) => device.type,
  manufacturer: (device) => device.manufacturer,
  site: (device) => device.site,
  operatingSystem: (device) => device.osName,
  name: (device) => device.name,
};

/**
 * Reads the part of Armis' query language that tests need: `in:devices`, `timeFrame:"N Unit"`, `site:"A","B"` and the
 * like, all of which a device must meet. An unknown clause is an error, as an honest server makes it.
 */
export function parseAql(text: string): Result<AqlQuery> {
  const clauses = clausesOf(text.trim());
  if (clauses === undefined || clauses.get("in") !== "devices") {
    return err(`cannot parse query ${text}`);
  }
  const windowDays = windowOf(clauses.get("timeFrame"));
  if (windowDays === undefined) return err("timeFrame must be a number and a unit");
  clauses.delete("in");
  clauses.delete("timeFrame");
  const unknown = [...clauses.keys()].find((name) => FIELDS[name] === undefined);
  if (unknown !== undefined) return err(`unknown field ${unknown}`);
  return ok({ windowDays, wants: clauses.size === 0 ? undefined : predicate(clauses) });
}

function clausesOf(text: string): Map<string, string> | undefined {
  const clauses = new Map<string, string>();
  for (const word of text.match(WORD) ?? []) {
    const [, name, value] = CLAUSE.exec(word) ?? [];
    if (name === undefined || value === undefined) return undefined;
    clauses.set(name, value.replaceAll('"', ""));
  }
  return clauses;
}

function windowOf(timeFrame: string | undefined): number | undefined {
  if (timeFrame === undefined) return WINDOW_DEFAULT_DAYS;
  const [count, unit] = timeFrame.toLowerCase().split(" ");
  const days = DAYS[unit ?? ""];
  return days === undefined || Number.isNaN(Number(count)) ? undefined : Number(count) * days;
}

function predicate(clauses: ReadonlyMap<string, string>): (device: FleetDevice) => boolean {
  const tests = [...clauses].map(([name, value]) => {
    const wanted = new Set(value.split(","));
    return (device: FleetDevice) => wanted.has(FIELDS[name]?.(device) ?? "");
  });
  return (device) => tests.every((test) => test(device));
}
