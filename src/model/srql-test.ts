/** What a term asks of its field's value, read by the field's kind. */
import { err, ok, type Result } from "../lib/result.ts";
import { parseIp } from "./ip.ts";
import { parseMac } from "./mac.ts";
import type { SrqlField } from "./srql-fields.ts";
import type { Match, Operator, SrqlError, Value } from "./srql-syntax.ts";
import { momentOf, timeSpanOf, type TimeSpan } from "./srql-time.ts";

/** A text as it is looked for; `%` in one that was not quoted stands for any characters. */
export interface Pattern {
  readonly text: string;
  readonly isWild: boolean;
}

/** A question to one field. `beyond` compares numbers; a time's bounds are a span. */
export type Test =
  | { readonly kind: "text"; readonly any: readonly Pattern[] }
  | { readonly kind: "network"; readonly any: readonly string[] }
  | { readonly kind: "equal"; readonly any: readonly number[] }
  | { readonly kind: "beyond"; readonly operator: Operator; readonly bound: number }
  | { readonly kind: "inside"; readonly low: number | undefined; readonly high: number | undefined }
  | { readonly kind: "is"; readonly value: boolean }
  | { readonly kind: "during"; readonly span: TimeSpan };

/** `any%` for every value: the field is there at all. */
const WILD = "%";
const TRUTHS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  false: false,
  no: false,
};
const NUMBER = /^-?\d{1,15}(?:\.\d{1,9})?$/;

type Asked = { readonly match: Match; readonly nowMs: number };

/** The question that a term puts to a field; an error names the value that the field cannot have. */
export function testOf(field: SrqlField, { match, nowMs }: Asked): Result<Test, SrqlError> {
  if (field.kind === "time") return during(match, nowMs);
  if (field.kind === "number") return numeric(field, match);
  if (match.kind !== "any") {
    const span = match.kind === "beyond" ? match.value.span : (match.low ?? match.high)?.span;
    const message = `${field.name} has no order: name values, or a pattern with %`;
    return err({ message, span: span ?? { from: 0, to: 0 } });
  }
  if (field.kind === "boolean") return truth(field, match.values);
  return collected(match.values, (value) => READERS[field.kind](field, value));
}

type Reader = (field: SrqlField, value: Value) => Result<Test, SrqlError>;

const text: Reader = (_, value) => ok({ kind: "text", any: [patternOf(value)] });
const READERS: Readonly<Record<SrqlField["kind"], Reader>> = {
  text,
  id: text,
  list: text,
  map: text,
  address: (field, value) => {
    const network = networkOf(value.text);
    if (network !== undefined) return ok({ kind: "network", any: [network] });
    if (value.text.includes(WILD)) return text(field, value);
    return err({ message: `"${value.text}" is no address or network`, span: value.span });
  },
  mac: (field, value) => {
    const mac = parseMac(value.text);
    if (mac !== undefined) return ok({ kind: "text", any: [{ text: mac, isWild: false }] });
    if (value.text.includes(WILD)) return text(field, value);
    return err({ message: `"${value.text}" is no MAC address`, span: value.span });
  },
  number: text,
  boolean: text,
  time: text,
};

/** Tests of one kind become one; a list that mixes addresses with patterns is refused. */
function collected(
  values: readonly Value[],
  read: (value: Value) => Result<Test, SrqlError>,
): Result<Test, SrqlError> {
  const any: (Pattern | string)[] = [];
  let kind: "text" | "network" | undefined;
  for (const value of values) {
    const test = read(value);
    if (!test.ok) return test;
    if (test.value.kind !== "text" && test.value.kind !== "network") return test;
    if (kind !== undefined && kind !== test.value.kind) {
      return err({ message: "a list holds addresses or patterns, not both", span: value.span });
    }
    ({ kind } = test.value);
    any.push(...test.value.any);
  }
  return kind === "network"
    ? ok({ kind, any: any.filter((one) => typeof one === "string") })
    : ok({ kind: "text", any: any.filter((one) => typeof one !== "string") });
}

function patternOf({ text: written, isQuoted }: Value): Pattern {
  return { text: written, isWild: !isQuoted && written.includes(WILD) };
}

function networkOf(written: string): string | undefined {
  const slash = written.indexOf("/");
  const ip = parseIp(slash < 0 ? written : written.slice(0, slash));
  if (ip === undefined || slash < 0) return ip;
  const bits = written.slice(slash + 1);
  const most = ip.includes(":") ? 128 : 32;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= most ? `${ip}/${Number(bits)}` : undefined;
}

function truth({ name }: SrqlField, values: readonly Value[]): Result<Test, SrqlError> {
  const [value, second] = values;
  const meant = TRUTHS[value?.text.toLowerCase() ?? ""];
  if (meant !== undefined && second === undefined) return ok({ kind: "is", value: meant });
  return err({
    message: `${name} is true or false`,
    span: (second ?? value)?.span ?? { from: 0, to: 0 },
  });
}

function during(match: Match, nowMs: number): Result<Test, SrqlError> {
  const [value] = match.kind === "any" ? match.values : [];
  const moment = value === undefined ? undefined : momentOf(value, nowMs);
  // A day stands for the whole of it, any other moment for what comes after.
  const span = timeSpanOf(
    value !== undefined && moment?.ok === true && /^\d{4}-/.test(value.text)
      ? { kind: "between", low: value, high: undefined }
      : match,
    nowMs,
  );
  return span.ok ? ok({ kind: "during", span: span.value }) : span;
}

function numeric({ name }: SrqlField, match: Match): Result<Test, SrqlError> {
  const written =
    match.kind === "any" ? match.values : match.kind === "beyond" ? [match.value] : [];
  const bounds = match.kind === "between" ? [match.low, match.high] : [];
  for (const value of [...written, ...bounds]) {
    if (value === undefined || NUMBER.test(value.text)) continue;
    return err({ message: `"${value.text}" is no number, as ${name} is`, span: value.span });
  }
  const [low, high] = bounds.map((value) => (value === undefined ? undefined : Number(value.text)));
  if (match.kind === "between") return ok({ kind: "inside", low, high });
  const numbers = written.map((value) => Number(value.text));
  return match.kind === "beyond"
    ? ok({ kind: "beyond", operator: match.operator, bound: numbers[0] ?? 0 })
    : ok({ kind: "equal", any: numbers });
}
