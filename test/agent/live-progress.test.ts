import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { tellLive } from "../../src/agent/live-progress.ts";
import { NO_RUNS, startProgress, type SourceStatus } from "../../src/agent/source-status.ts";
import { formatProgress, parseProgress, type LiveProgress } from "../../src/model/live-progress.ts";
import { ManualClock } from "../support/manual-clock.ts";

const SERVICE = "0e6c3f2a-0000-4000-8000-000000000001";

const sourceOf = (
  run: SourceStatus["run"],
  serviceId: string | undefined = SERVICE,
): SourceStatus => ({
  name: "dc1",
  type: "netbox",
  serviceId,
  state: run === undefined ? "idle" : "running",
  run,
  runs: 1,
  skipped: 0,
  totals: NO_RUNS,
});

test("a run is told when it begins, when it moves, once a second at most, and when it has ended", async () => {
  const clock = new ManualClock();
  const over = new AbortController();
  const told: LiveProgress[] = [];
  let sources: readonly SourceStatus[] = [];
  const telling = tellLive({
    statuses: () => sources,
    push: ({ commandProgress }) => {
      assert.equal(commandProgress?.commandType, "sync.progress");
      const read = parseProgress(Buffer.from(commandProgress.payloadJson ?? []).toString());
      assert.ok(read.ok, read.ok ? "" : read.error);
      told.push(read.value);
    },
    clock,
    signal: over.signal,
  });
  const heard = async (ms: number): Promise<readonly unknown[]> => {
    await clock.advance(ms);
    return told.splice(0).map(({ runId, fetched, isEnded }) => [runId, fetched, isEnded]);
  };
  assert.deepEqual(await heard(5_000), []);
  const run = startProgress({ runId: "r1", trigger: "poll", startedMs: clock.now() });
  sources = [sourceOf(run), sourceOf(run, undefined)];
  assert.deepEqual(await heard(1_000), [["r1", 0, false]]);
  assert.deepEqual(await heard(5_000), [], "what does not move is not told");
  run.devices = 10;
  assert.deepEqual(await heard(999), []);
  run.devices = 20;
  assert.deepEqual(await heard(1), [["r1", 20, false]]);
  assert.deepEqual(await heard(31_000), [["r1", 20, false]], "it is alive all the same");
  sources = [sourceOf(startProgress({ runId: "r2", trigger: "poll", startedMs: clock.now() }))];
  assert.deepEqual(await heard(1_000), [
    ["r1", 20, true],
    ["r2", 0, false],
  ]);
  sources = [sourceOf(undefined)];
  assert.deepEqual(await heard(2_000), [["r2", 0, true]]);
  over.abort();
  await telling;
});

const count = fc.nat();
const instant = fc.integer({ min: 0, max: 4e12 });
const progress: fc.Arbitrary<LiveProgress> = fc.record({
  serviceId: fc.uuid(),
  runId: fc.stringMatching(/^[a-z0-9:-]{1,40}$/),
  kind: fc.constantFrom("full", "delta"),
  startedMs: instant,
  pages: count,
  fetched: count,
  streamed: count,
  rejected: count,
  total: fc.option(count, { nil: undefined }),
  waiting: fc.option(fc.record({ reason: fc.constant("retry"), untilMs: instant }), {
    nil: undefined,
  }),
  isEnded: fc.boolean(),
});

test("progress is read as it was told, and anything else is an error and no exception", () => {
  fc.assert(
    fc.property(progress, (made) => {
      // Made ones may lack a prototype, which is no difference here.
      const told = structuredClone(made);
      assert.deepEqual(parseProgress(formatProgress(told)), { ok: true, value: told });
    }),
  );
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      assert.equal(parseProgress(text).ok, false);
    }),
  );
});
