/** An executable as a set of commands: finds the one that was called, runs it, and turns how it ended into an exit code. */
import { didYouMean } from "../lib/did-you-mean.ts";
import { ConfigError, messageOf, SyncError } from "../lib/errors.ts";
import { EXIT } from "../lib/exit-code.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { readArguments, type Arguments, type Values } from "./args.ts";
import { asCalled } from "./invocation.ts";
import { commandUsage, programUsage, type Described } from "./usage.ts";

/** Where commands write: results to standard output, everything else to standard error. */
export interface Terminal {
  readonly print: (line: string) => void;
  readonly printError: (line: string) => void;
}

/** A command whose arguments are checked and which only waits to be run; gives the exit code. */
type Prepared<Context> = (context: Context) => Promise<number>;

/** One command of an executable, made by `command`. */
export interface Command<Context> extends Described {
  readonly prepare: (argv: readonly string[]) => Result<Prepared<Context>>;
}

/** An executable. */
export interface Program<Context> {
  /** What its messages begin with. */
  readonly name: string;
  /** What is typed to call it; see invocation.ts. */
  readonly call: string;
  readonly summary: string;
  readonly version: string;
  readonly commands: readonly Command<Context>[];
}

/** What a command takes that declares nothing. */
const NOTHING = {} as const;

/** Declares a command; `run` gets the values of its operands and flags as one object, by their names. */
export function command<
  Context,
  Operands extends Arguments = typeof NOTHING,
  Flags extends Arguments = typeof NOTHING,
>(spec: {
  readonly name: string;
  readonly summary: string;
  readonly operands?: Operands;
  readonly flags?: Flags;
  readonly run: (values: Values<Operands> & Values<Flags>, context: Context) => Promise<number>;
}): Command<Context> {
  const operands = spec.operands ?? (NOTHING as Operands);
  const flags = spec.flags ?? (NOTHING as Flags);
  return {
    name: spec.name,
    summary: spec.summary,
    operands,
    flags,
    prepare: (argv) => {
      const values = readArguments({ operands, flags }, argv);
      return values.ok ? ok((context) => spec.run(values.value, context)) : values;
    },
  };
}

/**
 * Runs what `argv` (without the runtime and the script) calls for. Misuse is answered with a sentence and exit code 2; what a
 * command throws as ConfigError or SyncError with its message and code. Bugs are thrown on.
 */
export async function runProgram<Context extends Terminal>(
  program: Program<Context>,
  argv: readonly string[],
  context: Context,
): Promise<number> {
  if (argv[0] === "--version" || argv[0] === "-v") {
    context.print(program.version);
    return EXIT.ok;
  }
  const called = findCommand(program, argv);
  if (isHelpWanted(argv)) {
    context.print(helpOf(program, called, argv));
    return EXIT.ok;
  }
  const prepared = called.ok ? called.value.command.prepare(called.value.rest) : called;
  if (!prepared.ok) return misuse(program, context, { problem: prepared.error, called });
  try {
    return await prepared.value(context);
  } catch (thrown) {
    if (!(thrown instanceof ConfigError || thrown instanceof SyncError)) throw thrown;
    context.printError(`${program.name}: ${asCalled(messageOf(thrown), program.call)}`);
    return exitCodeOf(thrown);
  }
}

/** Codes of failures that new credentials or a new certificate would mend. */
const AUTH_CODES: ReadonlySet<string> = new Set([
  "auth",
  "permission",
  "unauthenticated",
  "permission_denied",
  "server_untrusted",
  "handshake_refused",
]);
/** Codes of failures that time or the network would mend. */
const UNREACHABLE_CODES: ReadonlySet<string> = new Set([
  "unreachable",
  "unavailable",
  "deadline_exceeded",
  "rate_limited",
]);

/** The exit code of something that ended a command; `code` "config" is what a ConfigError would be. */
export function exitCodeOf(thrown: ConfigError | { readonly code: string }): number {
  if (thrown instanceof ConfigError || thrown.code === "config") return EXIT.config;
  if (AUTH_CODES.has(thrown.code)) return EXIT.auth;
  if (UNREACHABLE_CODES.has(thrown.code)) return EXIT.unreachable;
  return thrown.code === "busy" ? EXIT.busy : EXIT.failed;
}

type Called<Context> = Result<{
  readonly command: Command<Context>;
  readonly rest: readonly string[];
}>;

/** The command with the most words that `argv` begins with. */
function findCommand<Context>(
  { commands }: Program<Context>,
  argv: readonly string[],
): Called<Context> {
  const matches = commands.filter(({ name }) =>
    name.split(" ").every((word, nth) => argv[nth] === word),
  );
  const longest = matches.toSorted((a, b) => b.name.length - a.name.length)[0];
  if (longest !== undefined) {
    return ok({ command: longest, rest: argv.slice(longest.name.split(" ").length) });
  }
  const words = leadingWords(argv);
  if (words.length === 0) return err("no command given");
  // "devices" has commands of two words and groups of its own: "devices assertions" needs one of "list" and "revoke".
  const given = words.join(" ");
  const within = groupOf(commands, given);
  if (within.length > 0) {
    const next = new Set(within.map(({ name }) => nextWord(name, words.length)));
    return err(`"${given}" needs one of: ${[...next].join(", ")}`);
  }
  const group = groupOf(commands, words[0]);
  const names = (group.length > 0 ? group : commands).map(({ name }) => name);
  const asked = words.slice(0, group.length > 0 ? 2 : 1).join(" ");
  return err(`unknown command "${asked}"${didYouMean(asked, names)}`);
}

function nextWord(name: string, after: number): string {
  return name.split(" ")[after] ?? name;
}

function leadingWords(argv: readonly string[]): readonly string[] {
  const end = argv.findIndex((word) => word.startsWith("-"));
  return end < 0 ? argv : argv.slice(0, end);
}

function groupOf<Item extends { readonly name: string }>(
  commands: readonly Item[],
  word: string | undefined,
): readonly Item[] {
  return commands.filter(({ name }) => name.startsWith(`${word} `));
}

function isHelpWanted(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  const words = end < 0 ? argv : argv.slice(0, end);
  return argv[0] === "help" || words.some((word) => word === "--help" || word === "-h");
}

function helpOf<Context>(
  program: Program<Context>,
  called: Called<Context>,
  argv: readonly string[],
): string {
  if (called.ok) return commandUsage(program.call, called.value.command);
  const [first] = leadingWords(argv);
  const group = groupOf(program.commands, first);
  return programUsage(program, group.length > 0 ? group : program.commands);
}

function misuse<Context extends Terminal>(
  program: Program<Context>,
  context: Context,
  { problem, called }: { readonly problem: string; readonly called: Called<Context> },
): number {
  const help = called.ok ? `${program.call} ${called.value.command.name}` : program.call;
  context.printError(`${program.name}: ${problem}`);
  context.printError(`"${help} --help" says what there is.`);
  return EXIT.usage;
}
