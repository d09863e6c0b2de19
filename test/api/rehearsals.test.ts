/** A rehearsal promises exactly what the run then does, and leaves nothing behind. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { SyncError } from "../../src/lib/errors.ts";
import type { TestApi } from "../support/api-over.ts";
import { testApi } from "../support/api.ts";
import { settle, type WireUpdate } from "../support/dire.ts";
import { tableHashes } from "../support/fingerprint.ts";
import { playRun } from "../support/run.ts";
import { leaseOf } from "../support/tenant-lease.ts";

const ROOT = "/api/v1/tenants/acme";
/** What a rehearsal may write. */
const OWN = ["rehearsals", "rehearsal_chunks", "rehearsal_rows", "audit"];
/** The lease of a tenant moves with whoever looks after it, and tokens note their use. */
const LEASE = ["tenant_ingest", "api_tokens"];

interface Made {
  readonly api: TestApi;
  readonly operator: string;
  readonly viewer: string;
  readonly netbox: string;
  readonly armis: string;
}

async function make(hooks: Parameters<typeof testApi>[0]): Promise<Made> {
  const api = await testApi(hooks);
  const { operator, viewer } = await api.tenant("acme");
  await api.ask(`POST ${ROOT}/agents`, { body: { agent_id: "agent-1" } });
  const source = (type: string, credentials: object): object => ({
    type,
    endpoint: `https://${type}.example`,
    credentials,
  });
  const { json } = await api.ask<{ applied: { source: { id: string; name: string } }[] }>(
    `POST ${ROOT}/sources?agent_id=agent-1`,
    {
      body: {
        sources: {
          nb: source("netbox", { api_token: "t" }),
          ar: source("armis", { secret_key: "s" }),
        },
      },
    },
  );
  const idOf = (name: string): string =>
    json.applied.find(({ source: { name: own } }) => own === name)?.source.id ?? "";
  return { api, operator, viewer, netbox: idOf("nb"), armis: idOf("ar") };
}

/** A device as a source says it, `n` being which, on a day of January. */
function device(
  source: "netbox" | "armis",
  n: number,
  {
    day = 1,
    ...more
  }: { readonly day?: number; readonly hostname?: string; readonly serial?: string },
): WireUpdate {
  return {
    source,
    partition: "default",
    timestamp: new Date(Date.UTC(2026, 0, day)).toISOString(),
    ip: `10.0.${source === "netbox" ? 0 : 1}.${n}`,
    hostname: more.hostname ?? `${source}-${n}`,
    metadata: {
      ...(more.serial === "" ? {} : { serial: more.serial ?? `SER-${source}-${n}` }),
      ...(source === "netbox"
        ? { netbox_device_id: String(n), integration_id: String(n) }
        : { armis_device_id: String(n) }),
    },
  };
}

type Rehearsal = {
  readonly rehearsal_no: number;
  readonly state: string;
  readonly promise?: Readonly<Record<string, unknown>>;
};

async function rehearse(
  { api, operator }: Made,
  source: string,
  chunks: readonly (readonly WireUpdate[])[],
): Promise<Rehearsal> {
  const token = operator;
  const opened = await api.ask<Rehearsal>(`POST ${ROOT}/rehearsals`, { token, body: { source } });
  assert.equal(opened.status, 201);
  const path = `${ROOT}/rehearsals/${opened.json.rehearsal_no}`;
  for (const body of chunks) await api.ask(`POST ${path}/chunks`, { token, body });
  const done = await api.ask<Rehearsal>(`POST ${path}/run`, { token });
  assert.equal(done.status, 200);
  return done.json;
}

/** NetBox knows 1 to 4, Armis 11 to 13; then NetBox says something else. */
async function populate(made: Made): Promise<void> {
  const lease = await leaseOf(made.api.db, "acme");
  const netbox = [1, 2, 3, 4].map((n) => device("netbox", n, n === 3 ? { serial: "" } : {}));
  const armis = [11, 12, 13].map((n) => device("armis", n, {}));
  const { db } = made.api;
  await playRun(db, lease, { runId: "n1", serviceId: made.netbox, updates: netbox });
  await playRun(db, lease, { runId: "a1", serviceId: made.armis, type: "armis", updates: armis });
}
/** 1 and 2 as before, 3 by its serial found to be Armis' 13, 4 gone, 5 new, and one that cannot be read. */
const NEXT: readonly WireUpdate[] = [
  device("netbox", 1, { day: 2 }),
  device("netbox", 2, { day: 2 }),
  device("netbox", 3, { day: 2, serial: "SER-armis-13" }),
  device("netbox", 5, { day: 2 }),
  { source: "netbox", timestamp: "2026-01-02T00:00:00Z", metadata: {} },
];

test("a rehearsal tells what a complete run would do, change by change", async (t) => {
  const made = await make(t);
  await populate(made);
  const { rehearsal_no: no, promise } = await rehearse(made, "nb", [
    NEXT.slice(0, 2),
    NEXT.slice(2),
  ]);
  const { took_ms: _, rejected_by: reasons, ...counts } = promise ?? {};
  assert.deepEqual(counts, {
    entries: 5,
    rejected: 1,
    created: 1,
    changed: 1,
    unchanged: 2,
    merged: 1,
    devices_created: 1,
    devices_updated: 1,
    devices_merged: 1,
    addresses_claimed: 0,
    conflicts: 0,
    retractions: 1,
    devices_retracted: 1,
    records_before: 4,
  });
  assert.deepEqual(Object.values(reasons as object), [1]);
  const changes = async (kind: string): Promise<Record<string, unknown>[]> => {
    const path = `GET ${ROOT}/rehearsals/${no}/changes?kind=${kind}`;
    const { json } = await made.api.ask<{ changes: Record<string, unknown>[] }>(path, {
      token: made.viewer,
    });
    return json.changes;
  };
  assert.deepEqual(
    (await changes("create")).map(({ hostname }) => hostname),
    ["netbox-5"],
  );
  assert.deepEqual(
    (await changes("merge")).map(({ reason }) => reason),
    ["identifier_conflict"],
  );
  assert.deepEqual(
    (await changes("retraction")).map((c) => [c["native_id"], c["device_goes"]]),
    [["4", true]],
  );
  const [update] = await changes("update");
  const fields = update?.["fields"] as { field: string; before: unknown; after: unknown }[];
  assert.deepEqual(
    fields.filter(({ field }) => field === "record_count"),
    [{ field: "record_count", before: 1, after: 2 }],
  );
});

test("a rehearsal leaves no trace in state, inventory or ledger, and the next run does what it promised", async (t) => {
  const made = await make(t);
  await populate(made);
  const { db } = made.api;
  const lease = await leaseOf(db, "acme");
  const before = await tableHashes(db, lease.tenant, { without: [...OWN, ...LEASE] });
  const numbers = async (): Promise<unknown> =>
    (
      await db.query(
        "select next_record_no, next_device_no, next_run_no, next_seq from sync.tenant_ingest where tenant = $1",
        [lease.tenant],
      )
    ).rows;
  const numbersBefore = await numbers();
  const { rehearsal_no: no, promise } = await rehearse(made, "nb", [NEXT]);
  assert.deepEqual(await tableHashes(db, lease.tenant, { without: [...OWN, ...LEASE] }), before);
  assert.deepEqual(await numbers(), numbersBefore);
  // Whoever wrote the tenant before finds that it was taken over, and claims it anew.
  await assert.rejects(settle(db, lease), { code: "lease_lost" });
  const kept = await db.query("select from sync.rehearsal_chunks");
  assert.equal(kept.count, 0);

  await playRun(db, await leaseOf(db, "acme"), {
    runId: "n2",
    serviceId: made.netbox,
    updates: NEXT,
    startedMs: Date.now() + 1_000,
  });
  const { json: run } = await made.api.ask<Record<string, unknown> & { promised: object }>(
    `GET ${ROOT}/runs/n2`,
  );
  const { rehearsal_no: heldTo, ...promised } = run.promised as Record<string, unknown>;
  assert.equal(heldTo, no);
  const names = ["entries", "created", "changed", "unchanged", "rejected", "merged"];
  assert.deepEqual(promised, Object.fromEntries(names.map((name) => [name, promise?.[name]])));
  assert.deepEqual(promised, Object.fromEntries(names.map((name) => [name, run[name]])));
});

test("a rehearsal ends once, takes an operator, and wants chunks and a source that is there", async (t) => {
  const made = await make(t);
  const { api, operator, viewer } = made;
  const asked = { token: operator, body: { source: "nb" } };
  const refused = await api.ask(`POST ${ROOT}/rehearsals`, { ...asked, token: viewer });
  assert.equal(refused.status, 403);
  const unknown = await api.ask<{ code: string }>(`POST ${ROOT}/rehearsals`, {
    token: operator,
    body: { source: "nobody" },
  });
  assert.equal(unknown.json.code, "source_not_found");
  await api.ask(`POST ${ROOT}/rehearsals`, asked);
  const empty = await api.ask<{ detail: string }>(`POST ${ROOT}/rehearsals/1/run`, {
    token: operator,
  });
  assert.match(empty.json.detail, /has no chunks/);
  const { rehearsal_no: no } = await rehearse(made, "nb", [NEXT]);
  const again = await api.ask<{ code: string }>(`POST ${ROOT}/rehearsals/${no}/run`, {
    token: operator,
  });
  assert.deepEqual([again.status, again.json.code], [409, "rehearsal_ended"]);
  const late = await api.ask(`POST ${ROOT}/rehearsals/${no}/chunks`, {
    token: operator,
    body: NEXT,
  });
  assert.equal(late.status, 409);
});

test("a rehearsal that cannot begin, because the database fails, has ended with that", async (t) => {
  const { api, operator: token } = await make(t);
  const path = `${ROOT}/rehearsals`;
  await api.ask(`POST ${path}`, { token, body: { source: "nb" } });
  await api.ask(`POST ${path}/1/chunks`, { token, body: NEXT });
  const forTenant = api.db.forTenant.bind(api.db);
  api.db.forTenant = (tenant) => {
    const db = forTenant(tenant);
    const query = db.query.bind(db);
    db.query = (text, values) =>
      text.includes("epoch = epoch + 1")
        ? Promise.reject(new SyncError("db_unreachable", "the line broke", { retry: "transient" }))
        : query(text, values);
    return db;
  };
  assert.equal((await api.ask(`POST ${path}/1/run`, { token })).status, 503);
  const { json } = await api.ask<Rehearsal & { error: string }>(`GET ${path}/1`, { token });
  assert.deepEqual([json.state, json.error], ["failed", "the line broke"]);
});
