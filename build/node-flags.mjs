/* oxlint-disable typescript/no-unsafe-member-access, typescript/no-unsafe-argument, typescript/no-unsafe-return -- .mjs files are no part of the TypeScript project, so no types are seen */
/**
 * Flags that the agent's Node starts with, V8's sizes in MB. Without them V8 spends free memory rather than time: its limits come
 * from the machine, not from what the agent holds. Peak RSS without was 246 MB at 10,000 devices and 372 MB at 100,000. 128 instead
 * of 256 saves nothing, and four sources with large pages would not fit. A heap that may grow by a quarter between two collections,
 * and not by as much again, costs no CPU that can be seen (54 and 55 ms a 1,000 devices), and takes the peak at 200,000 devices from 199 to 178 MB
 * (171 and 170 at 10,000), at 1,000,000 from 198 to 192. `--optimize-for-size` takes it to 157, and a quarter more CPU.
 */
const AGENT_HEAP = [
  "--max-old-space-size=256",
  "--max-semi-space-size=4",
  "--heap-growing-percent=25",
];

/**
 * The core's resolver makes many objects that live for one transaction. With V8's usual 16 MB for young ones they are moved again and
 * again: a quarter of a replay's CPU, an eighth with 64 MB. V8 would collect them at four fifths of that already whenever the thread waits,
 * and would share each collection out over four threads, which on two cores get in the way of the database and are waited for.
 * First load of 100,000 devices on 2 cores, seconds (and the core's CPU), one run each in turn: 35.4 (33.3) and 31.3 (30.4) without,
 * 30.7 (29.1) with the trigger, 30.4 (28.6) with one thread, 28.9 (26.9) with both; no collections in parallel at all: 33.2 and 35.2.
 */
const CORE_HEAP = ["--max-semi-space-size=64", "--minor-gc-task-trigger=99", "--v8-pool-size=1"];
const FLAGS = new Map([
  ["src/bin/agent.ts", AGENT_HEAP],
  ["src/bin/core.ts", CORE_HEAP],
]);

/**
 * What glibc's allocator is told. Left to itself it takes an arena for each of libuv's threads and, after
 * the first free of a chunk, keeps such blocks instead of giving them back. Peak RSS in MB at 10,000, 100,000 and 1,000,000
 * devices, on 24.21.0 with a fake Armis and a gateway that keeps nothing: 159, 217 without; 156, 174, 173 with it and with windows of
 * two chunks (`npm run bench -- agent`). Of a core that loads 100,000 devices 1,036 without and 943 with it.
 */
const ALLOCATOR = {
  MALLOC_ARENA_MAX: "2",
  MALLOC_MMAP_THRESHOLD_: "131072",
  MALLOC_TRIM_THRESHOLD_: "131072",
};

/** Environment in which one of our programs starts; what an operator set himself stands. */
export function nodeEnvironment(program, env = process.env) {
  return FLAGS.has(program) ? { ...ALLOCATOR, ...env } : env;
}

/** Flags of Node for one of our programs, by its path from the checkout. An operator's own limit in NODE_OPTIONS stands. */
export function nodeFlags(program, env = process.env) {
  const flags = FLAGS.get(program) ?? [];
  const own = (env.NODE_OPTIONS ?? "").replaceAll("_", "-");
  return flags.filter((flag) => !own.includes(flag.split("=")[0]));
}
