/** What a command takes, and how its values are read from the command line. The only file that knows node:util's parseArgs. */
import { parseArgs } from "node:util";

import { didYouMean } from "../lib/did-you-mean.ts";
import { err, ok, type Result } from "../lib/result.ts";

/** One flag or operand: how usage shows it, and how its value comes from the texts that were given for it. */
export interface Argument<Value> {
  /** "FILE" in `--config FILE`; absent for a switch, which takes no value. */
  readonly placeholder?: string;
  readonly summary: string;
  /** "c" for -c. */
  readonly short?: string;
  readonly isRequired: boolean;
  /** May be given more than once; as an operand it takes all that follow. */
  readonly isRepeatable: boolean;
  /** `given` is empty where the argument was left out. The error goes behind the argument's name. */
  readonly read: (given: readonly string[]) => Result<Value>;
}

/** Arguments by name; the flag of `dataDir` is --data-dir. */
export type Arguments = Readonly<Record<string, Argument<unknown>>>;

/** The values of arguments. */
export type Values<Declared extends Arguments> = {
  readonly [Name in keyof Declared]: Declared[Name] extends Argument<infer Value> ? Value : never;
};

/** What a command accepts: operands in order, and flags. */
export interface Accepts<Operands extends Arguments, Flags extends Arguments> {
  readonly operands: Operands;
  readonly flags: Flags;
}

const ONCE = { isRequired: false, isRepeatable: false } as const;

/** A text that must be given. */
export function required(placeholder: string, summary: string): Argument<string> {
  const read = ([text]: readonly string[]): Result<string> =>
    text === undefined ? err("is missing") : ok(text);
  return { ...ONCE, placeholder, summary, isRequired: true, read };
}

/** A text that may be left out. */
export function optional(placeholder: string, summary: string): Argument<string | undefined> {
  return { ...ONCE, placeholder, summary, read: ([text]) => ok(text) };
}

/** A text that is `fallback` where it is left out. */
export function withDefault(
  placeholder: string,
  summary: string,
  fallback: string,
): Argument<string> {
  const shown = fallback === "" ? summary : `${summary} (default: ${fallback})`;
  return { ...ONCE, placeholder, summary: shown, read: ([text]) => ok(text ?? fallback) };
}

/** Yes if it is given. */
export function toggle(summary: string): Argument<boolean> {
  return { ...ONCE, summary, read: (given) => ok(given.length > 0) };
}

/** Any number of texts, none included. */
export function many(placeholder: string, summary: string): Argument<readonly string[]> {
  return { ...ONCE, placeholder, summary, isRepeatable: true, read: (given) => ok(given) };
}

/** The same, of which there must be one. */
export function manyNeeded(placeholder: string, summary: string): Argument<readonly string[]> {
  const read = (given: readonly string[]): Result<readonly string[]> =>
    given.length === 0 ? err("is missing") : ok(given);
  return { ...many(placeholder, summary), isRequired: true, read };
}

/** One of a few words; undefined where it is left out. */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  summary: string,
): Argument<Word | undefined> {
  return parsed(words.join("|"), summary, (text) => {
    const word = words.find((candidate) => candidate === text);
    if (word !== undefined) return ok(word);
    return err(`must be one of ${words.join(", ")}, not "${text}"${didYouMean(text, words)}`);
  });
}

/** A whole number within bounds; undefined where it is left out. */
export function integer(
  placeholder: string,
  summary: string,
  { min, max }: { readonly min: number; readonly max: number },
): Argument<number | undefined> {
  return parsed(placeholder, summary, (text) => {
    const number = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (number >= min && number <= max) return ok(number);
    return err(`must be a whole number from ${min} to ${max}, not "${text}"`);
  });
}

/** A text that a parser reads; undefined where it is left out. The parser's error goes behind the argument's name. */
export function parsed<Value>(
  placeholder: string,
  summary: string,
  parse: (text: string) => Result<Value>,
): Argument<Value | undefined> {
  const read = ([text]: readonly string[]): Result<Value | undefined> =>
    text === undefined ? ok(undefined) : parse(text);
  return { ...ONCE, placeholder, summary, read };
}

/** The same argument, which must be given. */
export function needed<Value>(argument: Argument<Value | undefined>): Argument<Value> {
  const read = (given: readonly string[]): Result<Value> => {
    const value = argument.read(given);
    if (!value.ok) return value;
    return value.value === undefined ? err("is missing") : ok(value.value);
  };
  return { ...argument, isRequired: true, read };
}

/** The same argument, also under one letter. */
export function short<Value>(letter: string, argument: Argument<Value>): Argument<Value> {
  return { ...argument, short: letter };
}

/** "--data-dir" of "dataDir". */
export function flagName(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Reads what stands behind the words of a command. The error is a sentence for who typed it. */
export function readArguments<Operands extends Arguments, Flags extends Arguments>(
  accepts: Accepts<Operands, Flags>,
  argv: readonly string[],
): Result<Values<Operands> & Values<Flags>> {
  const sorted = sortTokens(accepts.flags, argv);
  if (!sorted.ok) return sorted;
  const dealt = dealOperands(accepts.operands, sorted.value.positionals);
  if (!dealt.ok) return dealt;
  const values: Record<string, unknown> = {};
  const read = (name: string, title: string, argument: Argument<unknown>): string | undefined => {
    const given = dealt.value.get(name) ?? sorted.value.flags.get(name) ?? [];
    const value = argument.read(given);
    if (!value.ok) return `${title} ${value.error}`;
    values[name] = value.value;
    return undefined;
  };
  for (const [name, argument] of Object.entries(accepts.operands)) {
    const problem = read(name, argument.placeholder ?? name, argument);
    if (problem !== undefined) return err(problem);
  }
  for (const [name, argument] of Object.entries(accepts.flags)) {
    const problem = read(name, flagName(name), argument);
    if (problem !== undefined) return err(problem);
  }
  return ok(values as Values<Operands> & Values<Flags>);
}

type Sorted = {
  readonly positionals: readonly string[];
  readonly flags: ReadonlyMap<string, readonly string[]>;
};

/** The original agent takes Go's "-config FILE"; two letters or more behind one dash can mean nothing else here. */
const GO_FLAG = /^-([a-z][a-z-]+)(?==|$)/;

function sortTokens(declared: Arguments, argv: readonly string[]): Result<Sorted> {
  const byFlag = new Map(Object.keys(declared).map((name) => [flagName(name).slice(2), name]));
  const { tokens, positionals } = parseArgs({
    args: argv.map((word) => word.replace(GO_FLAG, "--$1")),
    options: optionsOf(declared),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const flags = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const name = byFlag.get(token.name);
    const argument = name === undefined ? undefined : declared[name];
    if (name === undefined || argument === undefined) {
      const known = [...byFlag.keys()].map((flag) => `--${flag}`);
      return err(`unknown flag ${token.rawName}${didYouMean(token.rawName, known)}`);
    }
    const given = flags.get(name) ?? [];
    const problem = problemOf(argument, token, given.length);
    if (problem !== undefined) return err(`${token.rawName} ${problem}`);
    flags.set(name, [...given, token.value ?? ""]);
  }
  return ok({ positionals, flags });
}

type Options = Record<string, { type: "string" | "boolean"; short?: string }>;

function optionsOf(declared: Arguments): Options {
  const options: Options = {};
  for (const [name, { placeholder, short: letter }] of Object.entries(declared)) {
    options[flagName(name).slice(2)] = {
      type: placeholder === undefined ? "boolean" : "string",
      ...(letter === undefined ? {} : { short: letter }),
    };
  }
  return options;
}

type OptionToken = {
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
};

function problemOf(
  { placeholder, isRepeatable }: Argument<unknown>,
  { value, inlineValue }: OptionToken,
  before: number,
): string | undefined {
  if (before > 0 && !isRepeatable) return "is given twice";
  if (placeholder === undefined) return inlineValue === true ? "takes no value" : undefined;
  const looksLikeFlag = inlineValue !== true && /^-./.test(value ?? "");
  return value === undefined || looksLikeFlag ? `needs a value ${placeholder}` : undefined;
}

function dealOperands(
  declared: Arguments,
  given: readonly string[],
): Result<ReadonlyMap<string, readonly string[]>> {
  const dealt = new Map<string, readonly string[]>();
  let rest = given;
  for (const [name, { isRepeatable }] of Object.entries(declared)) {
    const count = isRepeatable ? rest.length : 1;
    dealt.set(name, rest.slice(0, count));
    rest = rest.slice(count);
  }
  return rest[0] === undefined ? ok(dealt) : err(`"${rest[0]}" is more than the command takes`);
}
