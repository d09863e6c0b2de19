import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

import fc from "fast-check";

import { CheckpointStore } from "../../src/agent/checkpoint-store.ts";
import {
  formatCheckpoint,
  outdated,
  parseCheckpoint,
  type Checkpoint,
} from "../../src/agent/checkpoint.ts";
import { silentLog } from "../../src/lib/log.ts";
import { ok } from "../../src/lib/result.ts";
import type { Source, SourceDevice, SourcePage } from "../../src/sources/source.ts";
import { eventually } from "../support/eventually.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { startStrictGateway, type StrictGateway } from "../support/strict-gateway.ts";
import { atRest, configOf, startAgent } from "./agent-bench.ts";
import { benchOf, certs, type RunBench } from "./harness.ts";

/** A source of so many devices, in pages of any size; a cursor is how many came before. */
function listSource(
  count: number,
  { pageSize = 7, nameOf = (id: number): string => `device-${id}` } = {},
): Source {
  const device = (id: number): SourceDevice => ({
    hostname: nameOf(id),
    metadata: { netbox_device_id: String(id), comments: "x".repeat(300) },
  });
  const pull = async function* ({ cursor = "0" }: { readonly cursor?: string }) {
    for (let from = Number(cursor); from < count; from += pageSize) {
      await Promise.resolve();
      const end = Math.min(count, from + pageSize);
      const devices = Array.from({ length: end - from }, (_, nth) => device(from + nth));
      const rejected = [{ nativeId: `bad-${from}`, reason: "has no id" }].slice(from === 0 ? 0 : 1);
      const page: SourcePage = { devices, rejected, mark: "2026-11-24T10:00:00.000Z" };
      yield end < count ? { ...page, cursor: String(end) } : page;
    }
  };
  return { type: "netbox", open: () => ok({ pull }) };
}

/** Keeps every place that a run was at. */
class RecordingStore extends CheckpointStore {
  readonly places: Checkpoint[] = [];

  override async write(sourceKey: string, checkpoint: Checkpoint): Promise<boolean> {
    const read = parseCheckpoint(formatCheckpoint(checkpoint));
    if (read.ok) this.places.push(read.value);
    return await super.write(sourceKey, checkpoint);
  }
}

async function folderOf(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "checkpoint-"));
  t.after(() => removeFolder(dir));
  return dir;
}

/** A run to its end, and every place that it was at. */
async function wholeRun(
  t: TestContext,
  source: Source,
): Promise<{ readonly bench: RunBench; readonly places: readonly Checkpoint[] }> {
  const store = new RecordingStore(await folderOf(t), silentLog());
  const bench = await benchOf(source, { context: { checkpoints: store, windowChunks: 2 } });
  t.after(() => bench[Symbol.asyncDispose]());
  await bench.run();
  assert.ok(store.places.length > 5, `${store.places.length} places`);
  return { bench, places: store.places };
}

/** Takes a run up at a place, on the gateway that has all of it. */
async function takeUp(
  source: Source,
  place: Checkpoint,
  gateway: StrictGateway,
): ReturnType<RunBench["run"]> {
  const context = { windowChunks: 2 };
  const bench = await benchOf(source, { gateway, takenUp: place, context });
  const end = await bench.run();
  bench.link.close();
  return end;
}

test("a run that is taken up at any place goes on byte for byte, and its manifest adds up", async (t) => {
  const { bench, places } = await wholeRun(t, listSource(150));
  const { gateway } = bench;
  const [whole] = gateway.manifests;
  for (const [nth, place] of places.entries()) {
    // The server may page otherwise after a restart; the order stays.
    const source = listSource(150, { pageSize: [7, 5, 40][nth % 3] ?? 7 });
    const before = gateway.calls.length;
    const end = await takeUp(source, place, gateway);
    assert.equal(end.lastRun.outcome, "partial", "a record was rejected, before the place");
    assert.equal(end.mark, "2026-11-24T10:00:00.000Z");
    const manifest = gateway.manifests.at(-1);
    assert.deepEqual(manifest?.chunks, whole?.chunks);
    assert.deepEqual([manifest?.devices, manifest?.rejected], [whole?.devices, whole?.rejected]);
    const calls = gateway.calls.slice(before);
    const sent = calls.flatMap(({ messages }) => messages).length - 1;
    assert.equal(sent, (whole?.chunks.length ?? 0) - place.chunks.length, "only the rest is sent");
  }
  assert.deepEqual(gateway.violations, []);
});

test("where the source changed and the gateway has nothing more, everything arrives once at least", async (t) => {
  const { places } = await wholeRun(t, listSource(150));
  const place = places.find(({ position }) => position.behind.entries > 2);
  assert.ok(place !== undefined);
  const changedFrom = Number(place.position.cursor);
  const nameOf = (id: number): string => (id < changedFrom ? "x" : `renamed-${id}`);
  const gateway = await startStrictGateway(certs);
  t.after(() => gateway[Symbol.asyncDispose]());
  const end = await takeUp(listSource(150, { nameOf }), place, gateway);
  assert.equal(end.lastRun.error, undefined);
  const expected = Array.from({ length: 150 - changedFrom }, (_, n) => nameOf(changedFrom + n));
  assert.deepEqual(
    gateway.entries.map(({ hostname }) => hostname),
    expected,
  );
});

test("where the source changed and the gateway has other chunks, the run gives way to a new one", async (t) => {
  const { bench, places } = await wholeRun(t, listSource(150));
  const [place] = places;
  assert.ok(place !== undefined);
  const end = await takeUp(listSource(150, { nameOf: (id) => `new-${id}` }), place, bench.gateway);
  assert.equal(end.lastRun.error?.kind, "superseded");
  assert.equal(end.retry, "transient");
});

test("an agent that stops leaves its run to the next, which ends it under the same id, and forgets those of removed sources", async (t) => {
  const checkpoints = new CheckpointStore(await folderOf(t), silentLog());
  const gateway = await startStrictGateway(certs);
  gateway.config = configOf("v1", { dc1: {} });
  const gate = Promise.withResolvers<void>();
  gateway.fault = (rpc, nth) =>
    rpc === "streamStatus" && nth === 2 ? { kind: "hold", until: gate.promise } : undefined;
  const start = {
    gateways: [gateway],
    sources: { netbox: listSource(150) },
    options: { checkpoints },
  };
  const first = await startAgent(t, start);
  await gateway.until(() => gateway.heartbeats.length > 0);
  await first.clock.advance(2_000);
  await gateway.until(() => gateway.calls.length === 3);
  const stopped = first.stop();
  gate.resolve();
  await stopped;
  assert.equal(gateway.manifests.length, 0);
  gateway.fault = () => undefined;
  const left = checkpoints.read("id-dc1");
  assert.ok(left?.ok);
  await checkpoints.write("id-removed", left.value);
  // One that it runs, and its goodbye.
  assert.equal(gateway.heartbeats.length, 2);
  const second = await startAgent(t, start);
  await gateway.until(() => gateway.heartbeats.length > 2);
  await second.clock.advance(2_000);
  await gateway.until(() => gateway.manifests.length === 1);
  await atRest(second.agent);
  await eventually(() => {
    assert.equal(checkpoints.read("id-removed"), undefined);
    return Promise.resolve();
  });
  assert.deepEqual(gateway.violations, []);
  const runs = new Set([...gateway.received.keys()].map((key) => key.split(" ")[0]));
  assert.deepEqual([...runs], [gateway.manifests[0]?.runId]);
  assert.equal(gateway.entries.length, 150);
  assert.equal(gateway.manifests[0]?.chunks.length, gateway.received.size);
});

test("a run that is over leaves no place, and what is kept only its owner may read", async (t) => {
  const dir = await folderOf(t);
  const store = new CheckpointStore(dir, silentLog());
  const [place] = (await wholeRun(t, listSource(150))).places;
  assert.ok(place !== undefined);
  await store.write("a source", place);
  const [file = ""] = await readdir(join(dir, "runs"));
  assert.equal((await stat(join(dir, "runs", file))).mode & 0o777, 0o600);
  assert.deepEqual(store.read("a source"), ok(place));
  await store.remove("a source");
  assert.equal(store.read("a source"), undefined);
});

test("a place that is damaged, of another release, too old or of a changed source is not taken up", async (t) => {
  const dir = await folderOf(t);
  const store = new CheckpointStore(dir, silentLog());
  const [place] = (await wholeRun(t, listSource(150))).places;
  assert.ok(place !== undefined);
  await store.write("s", place);
  const path = join(dir, "runs", (await readdir(join(dir, "runs")))[0] ?? "");
  const text = await readFile(path, "utf8");
  fc.assert(
    fc.property(fc.integer({ min: 0, max: text.length - 1 }), (length) => {
      assert.equal(parseCheckpoint(text.slice(0, length)).ok, false);
    }),
  );
  await writeFile(path, text.replace('"format":1', '"format":2'));
  assert.deepEqual(store.read("s"), { ok: false, error: "has the form of another release" });
  await writeFile(path, "");
  assert.equal(store.read("s")?.ok, false);
  const now = { fingerprint: place.fingerprint, ms: place.savedMs + 60_000 };
  assert.equal(outdated(place, now), undefined);
  assert.match(outdated(place, { ...now, ms: place.savedMs + 3_600_000 }) ?? "", /60 minutes/);
  assert.match(outdated(place, { ...now, ms: place.savedMs - 600_000 }) ?? "", /clock/);
  assert.match(outdated(place, { ...now, fingerprint: "other" }) ?? "", /changed/);
});

test("a folder that cannot be written costs the place, not the run", async (t) => {
  const dir = await folderOf(t);
  await writeFile(join(dir, "runs"), "a file");
  const checkpoints = new CheckpointStore(dir, silentLog());
  await using bench = await benchOf(listSource(150), { context: { checkpoints } });
  const { lastRun } = await bench.run();
  assert.equal(lastRun.devices, 150);
  assert.equal(checkpoints.read("s")?.ok ?? false, false);
});

test("places of sources that are gone go, those of the others and whatever is being written stay", async (t) => {
  const dir = await folderOf(t);
  const store = new CheckpointStore(dir, silentLog());
  await store.keepOnly(["a"]);
  const [place] = (await wholeRun(t, listSource(150))).places;
  assert.ok(place !== undefined);
  for (const key of ["a", "b", "c"]) await store.write(key, place);
  await writeFile(join(dir, "runs", "new.json.tmp"), "");
  await store.keepOnly(["a", "c", "d"]);
  assert.deepEqual(
    ["a", "b", "c"].map((key) => store.read(key)?.ok),
    [true, undefined, true],
  );
  assert.equal((await readdir(join(dir, "runs"))).length, 3);
});
