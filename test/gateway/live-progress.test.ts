/** How far a run is, as its agent tells it over the control stream and the API shows it. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import { OutgoingQueue } from "../../src/agent/outgoing-queue.ts";
import { runsUnderWay, type RunUnderWay } from "../../src/inbox/progress-store.ts";
import { timeOutRuns } from "../../src/inbox/run-store.ts";
import { formatProgress, type LiveProgress } from "../../src/model/live-progress.ts";
import type { ControlStreamRequest, Draft } from "../../src/wire/messages.ts";
import { startTestCore, type TestCore } from "../support/core.ts";
import { eventually } from "../support/eventually.ts";

const AGENT = "agent-01";

type Telling = {
  readonly core: TestCore;
  readonly serviceId: string;
  readonly tell: (progress: Partial<LiveProgress>) => void;
  readonly underWay: () => Promise<readonly RunUnderWay[]>;
};

async function telling(t: TestContext): Promise<Telling> {
  const core = await startTestCore(t);
  const client = core.client(await core.agent(core.acme, AGENT));
  const serviceId = await core.source(core.acme, AGENT, { name: "dc1" });
  const outgoing = new OutgoingQueue<Draft<ControlStreamRequest>>();
  outgoing.push({ hello: { agentId: AGENT } });
  const stream = client.controlStream(outgoing, { signal: AbortSignal.timeout(20_000) });
  await stream[Symbol.asyncIterator]().next();
  const usual = {
    serviceId,
    runId: "run-1",
    kind: "full",
    startedMs: Date.UTC(2026, 0, 1),
    pages: 1,
    fetched: 0,
    streamed: 0,
    rejected: 0,
    isEnded: false,
  } as const;
  const tell = (progress: Partial<LiveProgress>): void => {
    const payloadJson = Buffer.from(formatProgress({ ...usual, ...progress }));
    outgoing.push({ commandProgress: { commandType: "sync.progress", payloadJson } });
  };
  return { core, serviceId, tell, underWay: () => runsUnderWay(core.db, core.acme.tenant) };
}

test("a run's progress is there at once, before anything of it was worked, and goes with the run", async (t) => {
  const { tell, underWay, serviceId } = await telling(t);
  const waiting = { reason: "rate_limited", untilMs: Date.UTC(2026, 0, 1, 0, 5) };
  tell({ pages: 3, fetched: 300, streamed: 200, rejected: 1, total: 1_000, waiting });
  const [run] = await eventually(async () => {
    const runs = await underWay();
    assert.equal(runs[0]?.fetched, 300);
    return runs;
  });
  assert.deepEqual(
    [run?.agentId, run?.serviceId, run?.runId, run?.runNo, run?.streamed, run?.ingested],
    [AGENT, serviceId, "run-1", undefined, 200, 0],
  );
  assert.deepEqual([run?.total, run?.rejected, run?.waiting], [1_000, 1, waiting]);
  // The end of a run before says nothing of the one that goes on.
  tell({ runId: "run-0", isEnded: true });
  tell({ fetched: 400 });
  await eventually(async () => {
    const [later] = await underWay();
    assert.deepEqual([later?.fetched, later?.total, later?.waiting], [400, undefined, undefined]);
  });
  tell({ isEnded: true });
  await eventually(async () => assert.deepEqual(await underWay(), []));
});

test("a run whose agent is done is under way until the core has worked and published what it brought", async (t) => {
  const { core, tell, underWay, serviceId } = await telling(t);
  const { db, acme } = core;
  tell({ fetched: 300 });
  await eventually(async () => assert.equal((await underWay()).length, 1));
  await db.query(
    `insert into sync.inbox (tenant, agent_id, run_id, chunk_index, sender, raw_bytes, body)
     values ($1, $2, 'run-1', 0, '{}', 1, '')`,
    [acme.tenant, AGENT],
  );
  tell({ fetched: 400, streamed: 400, isEnded: true });
  const counts = async (): Promise<readonly unknown[]> =>
    (await underWay()).map((run) => [run.fetched, run.streamed, run.ingested, run.reconciled]);
  await eventually(async () => assert.deepEqual(await counts(), [[400, 400, 0, 0]]));
  // However long it takes: nobody tells of it any more.
  await db.query("update sync.run_progress set told_at = now() - interval '1 hour'");
  assert.equal((await underWay()).length, 1);
  await db.query("delete from sync.inbox");
  await db.query(
    "insert into sync.instances (tenant, instance_no, name, source_type) values ($1, 900, $2, 'netbox')",
    [acme.tenant, serviceId],
  );
  await db.query(
    `insert into sync.runs (tenant, run_no, agent_id, run_id, instance_no, kind, started_at, active_at, outcome, entries)
     values ($1, 900, $2, 'run-1', 900, 'full', now(), now(), 'success', 400)`,
    [acme.tenant, AGENT],
  );
  await db.query("insert into sync.dirty (tenant, records, run_no) values ($1, '{[1,101)}', 900)", [
    acme.tenant,
  ]);
  assert.deepEqual(await counts(), [[400, 400, 400, 300]]);
  await db.query("delete from sync.dirty");
  assert.deepEqual(await counts(), []);
});

test("what an agent tells of a source that is not its own is not noted", async (t) => {
  const { core, tell, underWay } = await telling(t);
  await core.agent(core.acme, "agent-02");
  const others = await core.source(core.acme, "agent-02", { name: "dc2" });
  tell({ serviceId: others, fetched: 1 });
  tell({ serviceId: "0e6c3f2a-0000-4000-8000-000000000009", fetched: 2 });
  tell({ fetched: 3 });
  await eventually(async () => {
    const runs = await underWay();
    assert.deepEqual(
      runs.map(({ fetched }) => fetched),
      [3],
    );
  });
});

test("what is worked and what is published of a run stand beside it, and one that is heard of does not time out", async (t) => {
  const { core, tell, underWay, serviceId } = await telling(t);
  const { db, acme } = core;
  await db.query(
    "insert into sync.instances (tenant, instance_no, name, source_type) values ($1, 1, $2, 'netbox')",
    [acme.tenant, serviceId],
  );
  await db.query(
    `insert into sync.runs (tenant, run_no, agent_id, run_id, instance_no, kind, started_at, active_at, entries, rejected)
     values ($1, 7, $2, 'run-1', 1, 'full', now(), now() - interval '1 hour', 100, 10)`,
    [acme.tenant, AGENT],
  );
  await db.query(
    "insert into sync.dirty (tenant, records, run_no) values ($1, '{[1,21),[30,40)}', 7)",
    [acme.tenant],
  );
  tell({ fetched: 500, streamed: 200 });
  await eventually(async () => {
    const [run] = await underWay();
    assert.deepEqual([run?.runNo, run?.ingested, run?.reconciled], [7, 90, 60]);
  });
  const quiet = { quietMinutes: 30 };
  assert.deepEqual(await timeOutRuns(db, acme.tenant, quiet), []);
  await db.query("update sync.run_progress set told_at = now() - interval '31 minutes'");
  assert.equal((await underWay()).length, 1, "what it delivered is still published");
  await db.query("delete from sync.dirty");
  assert.deepEqual(await underWay(), [], "an agent that is silent has no run under way");
  assert.deepEqual(await timeOutRuns(db, acme.tenant, quiet), [7]);
});
