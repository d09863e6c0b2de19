/* oxlint-disable typescript/no-unsafe-member-access, typescript/no-unsafe-return, typescript/no-unsafe-argument -- .mjs files are no part of the TypeScript project, so no types are seen */
import { spawn } from "node:child_process";
import { constants } from "node:os";

const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP"];
/** How often it is looked whether who started us is still there, ms. */
const LOOK_MS = 500;

/**
 * Runs a program to its end and gives its exit code, 128 + n after signal n. Signals are passed on and their effect is
 * waited for, so that it can finish its work; but not Ctrl-C, which a terminal sends to the program itself.
 * `options.onOutput` gets what it writes where its output is piped.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Record<string, unknown> & { onOutput?: (piece: Buffer) => void }} given
 */
export async function runProgram(command, args, given) {
  const { onOutput = () => {}, ...options } = given;
  const child = spawn(command, args, options);
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", onOutput);
  const isTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  const pass = (signal) => (signal === "SIGINT" && isTerminal ? false : child.kill(signal));
  for (const signal of FORWARDED) process.on(signal, pass);
  const stopWatching = onParentGone(() => child.kill("SIGTERM"));
  try {
    return await ended(child);
  } catch (error) {
    return fail(`${command} could not be started: ${error.message}`);
  } finally {
    for (const signal of FORWARDED) process.off(signal, pass);
    stopWatching();
  }
}

/**
 * npm runs a script in a shell. Who ends npm by a signal ends that shell with it, which passes nothing on, so a server would
 * run on with nobody to stop it. Started in any other way, a program may outlive its parent.
 */
function onParentGone(gone) {
  if (process.env.npm_lifecycle_event === undefined) return () => {};
  const parent = process.ppid;
  const timer = setInterval(() => process.ppid === parent || gone(), LOOK_MS).unref();
  return () => clearInterval(timer);
}

function ended(child) {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

/** Ends this process with a sentence instead of a stack. */
export function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
