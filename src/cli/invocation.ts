/** How our executables are called where a command was typed, so that what we tell people to type can be pasted. Pure. */
import type { Environment } from "../lib/env.ts";

/** An executable, under the name that a package gives it. */
export type Executable = "serviceradar-core" | "serviceradar-agent";

/** npm's names of our scripts: it says which of them it runs. */
const SCRIPTS: ReadonlySet<string | undefined> = new Set(["core", "agent"]);

/** "npm run -s core --" in a checkout, else "serviceradar-core". */
export function invocation(executable: Executable, env: Environment): string {
  const isCheckout = SCRIPTS.has(env["npm_lifecycle_event"]);
  return isCheckout ? `npm run -s ${executable.replace("serviceradar-", "")} --` : executable;
}

/** One of our command lines in a sentence: an executable and the first word of a command. */
const COMMAND_LINE =
  /(?<![\w/-])serviceradar-(core|agent)(?= (?:serve|tenant|agent|source|token|user|run|enroll|import)\b)/g;

/** What a core says to type, in the words of where a command was typed: the core may run from a package, or on another host. */
export function asCalled(text: string, call: string): string {
  return call.startsWith("npm ") ? text.replaceAll(COMMAND_LINE, "npm run -s $1 --") : text;
}

/** A word as a shell takes it back. */
export function quoted(word: string): string {
  return /^[\w./@%+:,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
