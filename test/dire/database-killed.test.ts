/**
 * The database killed with SIGKILL, all its processes, before and after every commit that writes: of a core's first start, of a tenant's life, and
 * of a rehearsal. Its core ends with it, as in the product; the next start recovers it, and all ends as where nothing was killed.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { Snapshots } from "../../src/api/snapshots.ts";
import { openPlatform } from "../../src/cli/platform.ts";
import { createTenant, listTenants } from "../../src/control/tenants.ts";
import { migrate } from "../../src/db/migrate.ts";
import type { Migration } from "../../src/db/migration.ts";
import { MIGRATIONS } from "../../src/db/migrations.gen.ts";
import { openPool, type Db } from "../../src/db/pool.ts";
import { readDrift } from "../../src/db/schema-shape.ts";
import { bringDerivation } from "../../src/dire/bring-derivation.ts";
import { findRehearsal, openRehearsal, type Rehearsal } from "../../src/dire/rehearsal-store.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { parseTenantSlug } from "../../src/model/tenant.ts";
import { layLine, type Judge } from "../support/database-line.ts";
import { freshDatabase } from "../support/database.ts";
import { newTenant } from "../support/dire.ts";
import { wholeState } from "../support/fingerprint.ts";
import { startMortal, type MortalServer } from "../support/mortal-server.ts";
import { netboxDevice } from "../support/runs.ts";
import { everyCommit, live, nthCommit, without, type Place } from "../support/tenant-life.ts";

const log = silentLog();
const clock = systemClock;
/** A start of the server takes 0.2 s, and many times that where others use the processors. */
const MAX_MS = 400_000;
const AGENT = "agent-1";
const SOURCE = "5f0c3bb0-0000-4000-8000-000000000001";

let starting: Promise<MortalServer> | undefined;
const mortal = (): Promise<MortalServer> => (starting ??= startMortal());
after(async () => await (await starting)?.[Symbol.asyncDispose]());

/** Has processes do it one after the other, each until the judge kills the database, until one was not disturbed. */
async function untilDone(
  { server, url }: { readonly server: MortalServer; readonly url: string },
  judge: Judge,
  act: (url: string) => Promise<unknown>,
): Promise<void> {
  for (let isDone = false; !isDone;) {
    await using line = await layLine(url, { judge, diesAtOnce: true, onBreak: server.kill });
    const thrown = await act(line.url).catch((error: unknown) => error);
    isDone = line.breaks() === 0;
    if (isDone && thrown instanceof Error) throw thrown;
    await server.revive();
  }
}

/** What a core's start writes. */
async function startCore(databaseUrl: string, dataDir: string): Promise<void> {
  const settings = { databaseUrl, dataDir, isDataDirExplicit: true, poolSize: 2 };
  const { db, authorities, ...platform } = await openPlatform(settings, { log, clock });
  try {
    const slug = parseTenantSlug("acme");
    assert.ok(slug.ok);
    if ((await listTenants(db)).length === 0) {
      const first = { slug: slug.value, name: "acme", actor: "first start", authorities };
      assert.ok((await createTenant(db, first)).ok);
    }
    await bringDerivation(db, { rulesDir: undefined, fieldExpiryRuns: 3, clock, log });
  } finally {
    await platform[Symbol.asyncDispose]();
  }
}

/** The steps between the first two and the last two are as these, and leave others the time. */
async function stepsOf(url: string, migrations: readonly Migration[]): Promise<void> {
  await using db = openPool({ address: { url }, max: 1, applicationName: "replica", log });
  await migrate(db, { log, migrations });
}

/** How many rows each table has, and that the schema is whole. */
async function made(db: Db): Promise<readonly string[]> {
  assert.deepEqual(await readDrift(db), { gone: [], added: [] });
  const { rows } = await db.query<{ line: string }>(
    `select relname || ' ' || (xpath('//n/text()', query_to_xml(format('select count(*) as n from sync.%I', relname), true, true, '')))[1]::text as line
       from pg_class where relnamespace = 'sync'::regnamespace and relkind in ('r', 'p') order by 1`,
  );
  return rows.map(({ line }) => line);
}

test(
  "a database that is killed before or after any commit of a first start has it in the next one",
  { timeout: MAX_MS },
  async (t) => {
    const server = await mortal();
    const calm = await freshDatabase(t, { migrated: false });
    await startCore(calm.url, server.dataDir);
    const { db, url } = await server.database("first");
    const judge = everyCommit({ ofWrites: true });
    await untilDone({ server, url }, judge, (line) => stepsOf(line, MIGRATIONS.slice(0, 2)));
    await stepsOf(url, MIGRATIONS.slice(0, -2));
    await untilDone({ server, url }, judge, (line) => startCore(line, server.dataDir));
    assert.ok(server.deaths() > 15, `${server.deaths()} deaths`);
    assert.deepEqual(await made(db), await made(calm.db));
  },
);

async function migrated(server: MortalServer, name: string): Promise<Place> {
  const place = await server.database(name);
  await migrate(place.db, { log });
  return { ...place, mend: server.revive };
}

test(
  "a database that is killed before or after any commit of a tenant's life costs nothing",
  { timeout: MAX_MS },
  async (t) => {
    const undisturbed = await live(await freshDatabase(t), {});
    const server = await mortal();
    const how = { judge: everyCommit({ ofWrites: true }), diesAtOnce: true, onBreak: server.kill };
    const { breaks, state } = await live(await migrated(server, "life"), how);
    assert.deepEqual(without(state, undisturbed.state), without(undisturbed.state, state));
    assert.ok(breaks > 60, `${breaks} deaths`);
  },
);

/** An agent sends its snapshot, and a core plays it; or, where one died, another does. */
async function rehearseOnce(db: Db, tenant: number, rehearsalNo: number): Promise<void> {
  const snapshots = new Snapshots({ db, clock, log });
  const of = { rehearsalNo, agentId: AGENT };
  const message = Buffer.from(JSON.stringify([netboxDevice("1"), netboxDevice("2")]));
  await snapshots.add(tenant, { ...of, chunkNo: 1, message });
  await snapshots.complete(tenant, { ...of, chunks: 1 });
  await snapshots.resume();
  await snapshots.settle();
}

type Ended = Pick<Rehearsal, "state" | "error"> & { readonly promised: object };

/** A rehearsal during which the database is killed at the nth place, if there are so many. */
async function rehearsed(
  { db: own, url, server }: Place & { readonly server: MortalServer },
  tenant: number,
  place: number,
): Promise<Ended> {
  const about = { instance: SOURCE, agentId: AGENT, actor: "ann" };
  const { rehearsalNo } = await openRehearsal(own, tenant, about);
  await untilDone({ server, url }, nthCommit(place), async (line) => {
    await using db = openPool({ address: { url: line }, max: 2, applicationName: "replica", log });
    // As if two minutes had passed since a core that died said that it plays it.
    await own.query(
      "update sync.rehearsals set whole_at = '-infinity', playing_at = '-infinity' where whole_at is not null",
    );
    await rehearseOnce(db, tenant, rehearsalNo);
  });
  const found = await findRehearsal(own, tenant, rehearsalNo);
  assert.ok(found?.promised !== undefined, `place ${place}: ${found?.state} ${found?.error ?? ""}`);
  const { tookMs: _, ...promised } = found.promised;
  return { state: found.state, error: found.error, promised };
}

test(
  "a database that is killed before or after any commit of a rehearsal has it played once more",
  { timeout: MAX_MS },
  async () => {
    const server = await mortal();
    const at = { ...(await migrated(server, "rehearsals")), server };
    const { tenant } = await newTenant(at.db);
    await at.db.query(
      `insert into sync.sources (tenant, source_no, service_id, name, type, endpoint, agent_id, partition, created_at, updated_at)
     values ($1, 1, $2, 'dc1', 'netbox', 'https://n.example', $3, 'default', now(), now())`,
      [tenant, SOURCE, AGENT],
    );
    const calm = await rehearsed(at, tenant, Infinity);
    assert.equal(calm.state, "done");
    const before = await inventoryOf(at.db, tenant);
    for (let place = 0, deaths = -1; deaths !== server.deaths(); place += 1) {
      deaths = server.deaths();
      assert.deepEqual(await rehearsed(at, tenant, place), calm, `killed at place ${place}`);
      assert.ok(place > 10 || deaths !== server.deaths(), `only ${place} places`);
    }
    assert.deepEqual(await inventoryOf(at.db, tenant), before);
  },
);

/** All that is kept, but the rehearsals and the audit of them. */
async function inventoryOf(db: Db, tenant: number): Promise<readonly string[]> {
  const lines = await wholeState(db, tenant);
  return lines.filter((line) => !/^(rehearsals|rehearsal_rows|audit) /.test(line));
}
