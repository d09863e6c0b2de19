/**
 * The syntax of SRQL, the query language of device search: text in, terms with their places out. What the keys mean is
 * srql.ts's. Source: shared rules of the language; `in:devices source:netbox !hostname:%test% risk_score:>50`.
 */
import { err, ok, type Result } from "../lib/result.ts";

/** A place in the query, in UTF-16 units as text fields count, `to` exclusive. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What is wrong, where, and what was perhaps meant. */
export interface SrqlError {
  readonly message: string;
  readonly span: Span;
  readonly suggestion?: string | undefined;
}

/** A value as it was written, without its quotes. */
export interface Value {
  readonly text: string;
  readonly isQuoted: boolean;
  readonly span: Span;
}

/** A value's side of a term: one of several values, beyond a bound, or between two. */
export type Match =
  | { readonly kind: "any"; readonly values: readonly Value[] }
  | { readonly kind: "beyond"; readonly operator: Operator; readonly value: Value }
  | { readonly kind: "between"; readonly low: Value | undefined; readonly high: Value | undefined };

/** Orders a value against a bound. */
export type Operator = ">" | ">=" | "<" | "<=";

/** One `key:value` of a query; those of nested groups have the joined key. */
export interface Term {
  readonly key: string;
  readonly keySpan: Span;
  readonly isNegated: boolean;
  readonly match: Match;
  readonly span: Span;
}

/** Longest query, characters: a list of some hundred addresses, and short enough to parse at every keystroke. */
export const QUERY_MAX_CHARS = 8_192;
/** Most terms of one query; each costs a condition in SQL. */
const TERMS_MAX = 64;
/** Most values of one list. */
const VALUES_MAX = 512;
/** Deepest nesting of groups; fields have no more parts than that. */
const DEPTH_MAX = 4;

const KEY = /[A-Za-z_][\w-]*(?:\.[\w-]+)*/y;
const SPACE = /\s*/y;
const AND = /and(?=\s|$)/iy;
const OPERATOR = />=|<=|>|</y;
const BARE = /[^\s"(),[\]]+/y;
const BARE_WITH_COMMAS = /[^\s"(),[\]][^\s"()[\]]*/y;
const QUOTED = /"(?:[^"\\]|\\.)*"/sy;

/** The terms of a query in the order they were written. Never throws, whatever the text. */
export function readTerms(text: string): Result<readonly Term[], SrqlError> {
  if (text.length > QUERY_MAX_CHARS) {
    const span = { from: QUERY_MAX_CHARS, to: text.length };
    return err({ message: `a query has at most ${QUERY_MAX_CHARS} characters`, span });
  }
  try {
    return ok(new Reader(text).query());
  } catch (thrown) {
    if (thrown instanceof Refusal) return err(thrown.error);
    throw thrown;
  }
}

/** Leaves the depths of the reader; readTerms turns it into a value. */
class Refusal extends Error {
  readonly error: SrqlError;
  constructor(error: SrqlError) {
    super(error.message);
    this.error = error;
  }
}

class Reader {
  readonly #text: string;
  readonly #terms: Term[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  query(): readonly Term[] {
    this.#group("", { depth: 0, isNegated: false });
    if (this.#at < this.#text.length) this.#refuse(`unexpected "${this.#text[this.#at] ?? ""}"`);
    return this.#terms;
  }

  /** Terms up to the end or the parenthesis that closes their group. */
  #group(prefix: string, outer: { readonly depth: number; readonly isNegated: boolean }): void {
    if (outer.depth > DEPTH_MAX) this.#refuse("groups are nested too deeply");
    for (;;) {
      this.#take(SPACE);
      if (this.#terms.length > 0 && this.#take(AND) !== undefined) this.#take(SPACE);
      if (this.#at >= this.#text.length || this.#text[this.#at] === ")") return;
      this.#term(prefix, outer);
    }
  }

  #term(prefix: string, outer: { readonly depth: number; readonly isNegated: boolean }): void {
    const from = this.#at;
    const isNegated = this.#skip("!") !== outer.isNegated;
    const keyFrom = this.#at;
    const key = this.#take(KEY);
    if (key === undefined) this.#refuse("a key is expected here, as in hostname:web%");
    const keySpan = { from: keyFrom, to: this.#at };
    if (!this.#skip(":")) this.#refuse(`"${key}" needs a colon and a value`, keySpan);
    const whole = prefix === "" ? key : `${prefix}.${key}`;
    if (this.#isNested()) {
      this.#nested(whole, { depth: outer.depth + 1, isNegated });
      return;
    }
    const match = this.#match();
    const span = { from, to: this.#at };
    this.#terms.push({ key: whole, keySpan, isNegated, match, span });
    if (this.#terms.length > TERMS_MAX) this.#refuse(`more than ${TERMS_MAX} terms`, span);
  }

  /** `os:(name:linux)` is a group, `mac:(00:1b:44:11:3a:b7)` a list: groups of hexadecimal digits are no keys. */
  #isNested(): boolean {
    return /^\(\s*!?(?![\da-f]{1,4}(?::[\da-f]{0,4}){2})[A-Za-z_][\w-]*(?:\.[\w-]+)*:/i.test(
      this.#text.slice(this.#at, this.#at + KEY_ROOM_CHARS),
    );
  }

  #nested(key: string, outer: { readonly depth: number; readonly isNegated: boolean }): void {
    const open = this.#at;
    this.#skip("(");
    if (outer.isNegated) this.#refuse("negate the terms inside instead", this.#spanOf(open));
    this.#group(key, outer);
    if (!this.#skip(")")) this.#refuse("this group is not closed", this.#spanOf(open));
  }

  #match(): Match {
    const operator = this.#take(OPERATOR);
    if (operator !== undefined) {
      return { kind: "beyond", operator: operator as Operator, value: this.#value() };
    }
    if (this.#text[this.#at] === "[") return this.#between();
    if (this.#text[this.#at] === "(") return { kind: "any", values: this.#list() };
    return { kind: "any", values: [this.#value(true)] };
  }

  #list(): readonly Value[] {
    const open = this.#at;
    this.#skip("(");
    const values: Value[] = [];
    do {
      this.#take(SPACE);
      values.push(this.#value());
      this.#take(SPACE);
      if (values.length > VALUES_MAX) this.#refuse(`a list has at most ${VALUES_MAX} values`);
    } while (this.#skip(","));
    if (!this.#skip(")")) this.#refuse("this list is not closed", this.#spanOf(open));
    return values;
  }

  #between(): Match {
    const open = this.#at;
    this.#skip("[");
    const low = this.#bound();
    if (!this.#skip(",")) this.#refuse("a range is [from,to]", this.#spanOf(open));
    const high = this.#bound();
    if (!this.#skip("]")) this.#refuse("this range is not closed", this.#spanOf(open));
    return { kind: "between", low, high };
  }

  #bound(): Value | undefined {
    this.#take(SPACE);
    const bound = ",]".includes(this.#text[this.#at] ?? "") ? undefined : this.#value();
    this.#take(SPACE);
    return bound;
  }

  /** Outside of lists a comma belongs to the value, as in `sort:last_seen:desc,hostname`. */
  #value(hasCommas = false): Value {
    const from = this.#at;
    const quoted = this.#take(QUOTED);
    if (quoted !== undefined) {
      const text = quoted.slice(1, -1).replaceAll(/\\(.)/gs, "$1");
      return { text, isQuoted: true, span: { from, to: this.#at } };
    }
    if (this.#text[from] === '"') this.#refuse("this quote is not closed", this.#spanOf(from));
    const text = this.#take(hasCommas ? BARE_WITH_COMMAS : BARE);
    if (text === undefined) this.#refuse("a value is expected here");
    return { text, isQuoted: false, span: { from, to: this.#at } };
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #skip(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #spanOf(from: number): Span {
    return { from, to: Math.min(from + 1, this.#text.length) };
  }

  #refuse(message: string, span: Span = this.#spanOf(this.#at)): never {
    throw new Refusal({ message, span });
  }
}

/** How far a key is looked for behind a parenthesis, characters; no known key is a tenth as long. */
const KEY_ROOM_CHARS = 256;
