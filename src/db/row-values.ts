import { types, type CustomTypesConfig } from "pg";

import { SyncError } from "../lib/errors.ts";

type Parser = (text: string) => unknown;
const driverParser = types.getTypeParser as (oid: number, format?: string) => Parser;

/**
 * How columns become values: int8 and numeric are numbers and never silently rounded, timestamps are milliseconds
 * since 1970 UTC (infinity is Infinity, microseconds are cut), a date is its text, bytea is a Buffer, json is
 * parsed. Arrays hold the same. Everything else as the driver has it.
 */
const PARSERS: ReadonlyMap<number, Parser> = new Map<number, Parser>([
  [types.builtins.INT8, integer],
  [types.builtins.NUMERIC, decimal],
  [types.builtins.TIMESTAMPTZ, instant],
  [types.builtins.TIMESTAMP, (text) => instant(`${text}+00`)],
  [types.builtins.DATE, (text) => text],
  [1016, arrayOf(integer)],
  [1231, arrayOf(decimal)],
  [1185, arrayOf(instant)],
  [1115, arrayOf((text) => instant(`${text}+00`))],
  [1182, arrayOf((text) => text)],
]);

/** The driver's hook for it. */
export const rowValueParsers: CustomTypesConfig = {
  getTypeParser: (oid: number, format?: string) => PARSERS.get(oid) ?? driverParser(oid, format),
};

function integer(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw unsafe(text);
}

/** A sum of bigints is numeric, so a whole one must be exact; a fraction is as exact as any number. */
function decimal(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(Math.trunc(value)) || text === "NaN") return value;
  throw unsafe(text);
}

function unsafe(text: string): SyncError {
  return new SyncError("db_number_too_large", `${text} does not fit a number; cast it to text`, {
    retry: "permanent",
  });
}

const driverInstant = driverParser(types.builtins.TIMESTAMPTZ);

/** The driver reads every ISO form, offset and infinity; what it gives (a Date, or ±Infinity) is a number within. */
function instant(text: string): number {
  return Number(driverInstant(text));
}

type Nested = readonly (string | null | Nested)[];
/** text[], whose parser leaves the elements as they are. */
const TEXT_ARRAY = 1009;
const driverArray = driverParser(TEXT_ARRAY) as (text: string) => Nested;

function arrayOf(parse: Parser): Parser {
  const each = (value: string | null | Nested): unknown => {
    if (value === null) return null;
    return typeof value === "string" ? parse(value) : value.map(each);
  };
  return (text) => driverArray(text).map(each);
}
