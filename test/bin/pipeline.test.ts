/** The thread that works the inbox, from its start to its end, with a database of its own. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import { pino } from "pino";

import {
  startPipeline,
  type Pipeline,
  type PipelineOptions,
} from "../../src/bin/pipeline-thread.ts";
import { QUEUE_LIMITS_DEFAULT } from "../../src/db/connections.ts";
import type { Db } from "../../src/db/pool.ts";
import type { WorkFact } from "../../src/dire/work-fact.ts";
import { putChunk } from "../../src/inbox/inbox.ts";
import { freshDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";

/** A tenant with one chunk of one device in its inbox. */
async function database(t: TestContext): Promise<{ readonly db: Db; readonly url: string }> {
  const made = await freshDatabase(t);
  await made.db.query(
    "insert into sync.tenants (tenant, uid, slug, name) values (1, gen_random_uuid(), 'acme', 'Acme')",
  );
  await made.db.query("insert into sync.tenant_ingest (tenant) values (1)");
  await store(made.db, "run-1");
  return made;
}

async function store(db: Db, runId: string): Promise<void> {
  const sources = [{ serviceId: "nb", type: "netbox", enabled: true }];
  const metadata = { sync_service_id: "nb", integration_id: runId, serial: runId };
  const device = { ip: "192.0.2.1", agent_id: "a", source: "netbox", partition: "p", metadata };
  await putChunk(db, 1, {
    agentId: "a",
    runId,
    chunkIndex: 0,
    sender: { agentId: "a", partition: "p", sources },
    message: Buffer.from(JSON.stringify([{ ...device, timestamp: "2026-03-02T00:00:00Z" }])),
    chunksMax: 10,
  });
}

type Heard = { readonly facts: WorkFact[]; readonly lines: Record<string, unknown>[] };

function start(
  t: TestContext,
  url: string,
  how: Partial<PipelineOptions> = {},
): { readonly pipeline: Pipeline; readonly heard: Heard } {
  const heard: Heard = { facts: [], lines: [] };
  const write = (line: string): void =>
    void heard.lines.push(JSON.parse(line) as Record<string, unknown>);
  const pipeline = startPipeline({
    address: { url },
    poolSize: 3,
    queue: QUEUE_LIMITS_DEFAULT,
    chunksPerTx: 10,
    tenantsInFlight: 1,
    batchConcurrency: 2,
    coalesceMs: 0,
    isLight: false,
    isKeeping: true,
    log: pino({ level: "info" }, { write }),
    note: (fact) => void heard.facts.push(fact),
    ...how,
  });
  t.after(() => pipeline.stop());
  return { pipeline, heard };
}

const steps = ({ facts }: Heard): readonly string[] => facts.map(({ step }) => step);

test("what is stored is published by the thread, and its words and figures reach the main one", async (t) => {
  const { db, url } = await database(t);
  const { pipeline, heard } = start(t, url);
  await eventually(() => assert.deepEqual(steps(heard), ["ingested", "published"]));
  const told = heard.lines.filter(({ tenant }) => tenant === "acme");
  assert.deepEqual(
    told.map(({ msg, level }) => [msg, level]),
    [
      ["ingested", 30],
      ["published", 30],
    ],
  );
  await eventually(() => assert.ok(pipeline.load().idle > 0));
  const { rows } = await db.query<{ devices: number }>(
    "select count(*)::int as devices from sync.devices",
  );
  assert.deepEqual(rows, [{ devices: 1 }]);
});

test("a thread that is told to stop ends its steps, closes its connections and is gone", async (t) => {
  const { db, url } = await database(t);
  const { pipeline, heard } = start(t, url);
  await eventually(() => assert.equal(heard.facts.length, 2));
  await Promise.all([pipeline.stop(), pipeline.stop()]);
  await pipeline.ended;
  await eventually(async () => {
    const { rows } = await db.query<{ open: number }>(
      `select count(*)::int as open from pg_stat_activity
        where datname = current_database() and application_name like '%ingest'`,
    );
    assert.deepEqual(rows, [{ open: 0 }]);
  });
});

test("a failure of the moment is told and outlived", async (t) => {
  const { db, url } = await database(t);
  await db.query("alter table sync.inbox rename to inbox_away");
  const { heard } = start(t, url);
  await eventually(() => assert.ok(steps(heard).includes("failed")));
  await db.query("alter table sync.inbox_away rename to inbox");
  await eventually(() => assert.ok(steps(heard).includes("published")));
});

test("a thread that dies is never mistaken for one that stopped", async (t) => {
  const { url } = await database(t);
  const thrown = start(t, url, { program: "throw new RangeError('out of order')" });
  await assert.rejects(thrown.pipeline.ended, { name: "RangeError", message: "out of order" });
  const gone = start(t, url, { program: "process.exit(0)" });
  await assert.rejects(gone.pipeline.ended, { code: "pipeline_ended", retry: "permanent" });
  await gone.pipeline.stop();
});

test("the thread runs from one text, as in an executable of one file", async (t) => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("../../src/bin/pipeline.ts", import.meta.url))],
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node22",
    external: ["pg-native"],
    write: false,
    logLevel: "silent",
  });
  const { url } = await database(t);
  const { heard } = start(t, url, { program: outputFiles[0]?.text ?? "" });
  await eventually(() => assert.deepEqual(steps(heard), ["ingested", "published"]));
});
