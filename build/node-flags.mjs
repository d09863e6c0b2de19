/* oxlint-disable typescript/no-unsafe-member-access, typescript/no-unsafe-argument -- .mjs files are no part of the TypeScript project, so no types are seen */
/**
 * Flags that the agent's Node starts with, V8's sizes in MB. Without them V8 spends free memory rather than time: its limits come
 * from the machine, not from what the agent holds. Measured on 24.21.0 with a fake Armis, peak RSS in MB at 10,000, 100,000 and
 * 400,000 devices: 246, 372, not tried without; 163, 197, 205 with these, at the same CPU time. What is left to grow is the two
 * windows that only a large inventory fills. 128 instead of 256 saves nothing, and four sources with large pages would not fit.
 */
const AGENT_HEAP = ["--max-old-space-size=256", "--max-semi-space-size=4"];

/**
 * The core's resolver makes many objects that live for one transaction. With V8's usual 16 MB for young ones they are moved again and
 * again: a quarter of a replay's CPU, an eighth with 64 MB.
 */
const CORE_HEAP = ["--max-semi-space-size=64"];
const FLAGS = new Map([
  ["src/bin/agent.ts", AGENT_HEAP],
  ["src/bin/core.ts", CORE_HEAP],
]);

/** Flags of Node for one of our programs, by its path from the checkout. An operator's own limit in NODE_OPTIONS stands. */
export function nodeFlags(program, env = process.env) {
  const flags = FLAGS.get(program) ?? [];
  const own = (env.NODE_OPTIONS ?? "").replaceAll("_", "-");
  return flags.filter((flag) => !own.includes(flag.split("=")[0]));
}
