/**
 * Loaded into the core before it starts: tells, on SIGUSR2, how late its main thread's event loop was since the last time it was
 * asked, as one line of JSON.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";

/** How often the loop is looked at, ms: finer than the delays that matter. */
const RESOLUTION_MS = 5;
const NS_PER_MS = 1e6;

if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let asked = 0;
  process.on("SIGUSR2", () => {
    asked += 1;
    // The timer's own period is no delay.
    const ms = (ns: number): number => Math.max(0, ns / NS_PER_MS - RESOLUTION_MS);
    const said = {
      p50: ms(delay.percentile(50)),
      p99: ms(delay.percentile(99)),
      max: ms(delay.max),
    };
    process.stderr.write(`${JSON.stringify({ loop_delay_ms: said, asked })}\n`);
    delay.reset();
  });
}
