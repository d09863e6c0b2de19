/** What records say is looked for once while nothing changes, and anew when something did. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { RecentFinds } from "../../src/api/recent-finds.ts";
import type { Queryable } from "../../src/db/session.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { parseSrql } from "../../src/model/srql.ts";
import { fleet, netbox } from "../support/said.ts";

test("records are looked through once for all who ask, and again when one of them changed", async (t) => {
  const { say, db, lease } = await fleet(t);
  const racked = (id: number, rack: string): Parameters<typeof say>[0] =>
    netbox({ id, hostname: `h${id}`, metadata: { serial: `SN-${id}`, rack } });
  await say(racked(1, "A-17"), racked(2, "B-1"));
  let looks = 0;
  const counted: Queryable = {
    query: (text, values) => {
      if (text.includes("sync.records")) looks += 1;
      return db.query(text, values);
    },
  };
  const parsed = parseSrql("metadata.rack:A-17", 0);
  const [condition] = parsed.ok ? parsed.value.conditions : [];
  assert.ok(condition !== undefined);
  const finds = new RecentFinds(systemClock);
  const found = (): Promise<readonly number[] | undefined> =>
    finds.of(counted, lease.tenant, condition);
  const [one, other] = await Promise.all([found(), found()]);
  assert.equal(one?.length, 1);
  assert.deepEqual(other, one);
  assert.deepEqual(await found(), one);
  assert.equal(looks, 1);
  await say(racked(2, "A-17"));
  assert.equal((await found())?.length, 2);
  assert.equal(looks, 2);
});

const DEVICES = "/api/v1/tenants/acme/devices";

test("what an unmerge gave back is found at once", async (t) => {
  const { say, ask } = await fleet(t);
  const racked = (id: number, rack: string): Parameters<typeof say>[0] =>
    netbox({ id, hostname: `h${id}`, metadata: { serial: `SN-${id}`, rack } });
  await say(racked(1, "A-17"), racked(2, "B-1"));
  type Found = { readonly devices: readonly { readonly id: string; readonly hostname: string }[] };
  const found = async (query: string): Promise<Found["devices"]> =>
    (await ask<Found>(`GET ${DEVICES}?query=${query}`)).json.devices;
  const hosts = async (): Promise<readonly string[]> =>
    (await found("metadata.rack:B-1")).map(({ hostname }) => hostname);
  const [one] = await found("hostname:h1");
  const [other] = await found("hostname:h2");
  await ask(`POST ${DEVICES}/${one?.id}/merge`, { body: { other: other?.id } });
  assert.deepEqual(await hosts(), ["h1"]);
  const undone = await ask(`POST ${DEVICES}/${one?.id}/unmerge`, { body: {} });
  assert.equal(undone.status, 200);
  assert.deepEqual(await hosts(), ["h2"]);
});

test("who waited for another's look asks itself when that fails", async (t) => {
  const { say, db, lease } = await fleet(t);
  await say(netbox({ hostname: "h1", metadata: { rack: "A-17" } }));
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const { promise: failing, reject: fail } = Promise.withResolvers<never>();
  const replica: Queryable = {
    query: (text, values) => {
      if (!text.includes("sync.records")) return db.query(text, values);
      ask();
      return failing;
    },
  };
  let marks = 0;
  const primary: Queryable = {
    query: async (text, values) => {
      const answer = await db.query(text, values);
      // Once the waiter knows that nothing has changed, the look that it waits for fails.
      if (text.includes("tenant_ingest") && ++marks === 1) {
        setImmediate(() => fail(new Error("canceling statement due to conflict with recovery")));
      }
      return answer;
    },
  };
  const parsed = parseSrql("metadata.rack:A-17", 0);
  const [condition] = parsed.ok ? parsed.value.conditions : [];
  assert.ok(condition !== undefined);
  const finds = new RecentFinds(systemClock);
  const first = finds.of(replica, lease.tenant, condition);
  const refused = assert.rejects(first, /conflict with recovery/);
  await asked;
  assert.equal((await finds.of(primary, lease.tenant, condition))?.length, 1);
  await refused;
});
