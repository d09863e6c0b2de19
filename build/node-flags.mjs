/* oxlint-disable typescript/no-unsafe-member-access -- .mjs files are no part of the TypeScript project, so no types are seen */
/**
 * Flags that the agent's Node starts with, V8's sizes in MB. Without them V8 spends free memory rather than time: its limits come
 * from the machine, not from what the agent holds. Measured on 24.21.0 with a fake Armis, peak RSS in MB at 10,000, 100,000 and
 * 400,000 devices: 246, 372, not tried without; 163, 197, 205 with these, at the same CPU time. What is left to grow is the two
 * windows that only a large inventory fills. 128 instead of 256 saves nothing, and four sources with large pages would not fit.
 */
const AGENT_HEAP = ["--max-old-space-size=256", "--max-semi-space-size=4"];

/** Flags of Node for one of our programs, by its path from the checkout. An operator's own limit in NODE_OPTIONS stands. */
export function nodeFlags(program, env = process.env) {
  if (program !== "src/bin/agent.ts") return [];
  const own = (env.NODE_OPTIONS ?? "").replaceAll("_", "-");
  return AGENT_HEAP.filter((flag) => !own.includes(flag.split("=")[0]));
}
