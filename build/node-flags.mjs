/* oxlint-disable typescript/no-unsafe-member-access -- .mjs files are no part of the TypeScript project, so no types are seen */
/**
 * Flags that the agent's Node starts with, V8's sizes in MB. Without them V8 spends free memory rather than time: its limits come
 * from the machine, not from what the agent holds. TO BE MEASURED
 */
const AGENT_HEAP = ["--max-old-space-size=128", "--max-semi-space-size=8"];

/** Flags of Node for one of our programs, by its path from the checkout. An operator's own limit in NODE_OPTIONS stands. */
export function nodeFlags(program, env = process.env) {
  if (program !== "src/bin/agent.ts") return [];
  const own = (env.NODE_OPTIONS ?? "").replaceAll("_", "-");
  return AGENT_HEAP.filter((flag) => !own.includes(flag.split("=")[0]));
}
