/** Operators' assertions are state like any other: when they are made, and what comes in between, cannot matter. */
import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import type { Db } from "../../src/db/pool.ts";
import { tx } from "../../src/db/tx.ts";
import { revokeAssertion, writeAssertion, type Claim } from "../../src/dire/assertion-store.ts";
import type { RecordPart } from "../../src/dire/assertion.ts";
import { KINDS } from "../../src/dire/kind.ts";
import { observe } from "../../src/dire/observation.ts";
import type { Lease } from "../../src/inbox/lease.ts";
import { parseDeviceUpdate } from "../../src/model/device-update.ts";
import { freshDatabase } from "../support/database.ts";
import { updates } from "../support/dire-updates.ts";
import { answer, feed, newTenant, settle, type WireUpdate } from "../support/dire.ts";

const T0 = Date.UTC(2026, 0, 1);

/** An assertion in the words of updates: records are named by one of their updates. */
type Word =
  | { readonly kind: "must_link" | "cannot_link"; readonly ends: readonly [number, number] }
  | { readonly kind: "block_value" | "allow_value"; readonly value: Value }
  | { readonly kind: "lock_field"; readonly at: number; readonly value: string };
type Value = "serial:SN-A001" | "mac:001B44112233" | "host:alpha" | "address:10.0.0.1";
type Timed = Word & { readonly minute: number };

const end = fc.nat();
const word: fc.Arbitrary<Word> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("must_link", "cannot_link"),
    ends: fc.tuple(end, end),
  }),
  fc.record({
    kind: fc.constantFrom("block_value", "allow_value"),
    value: fc.constantFrom<Value[]>(
      "serial:SN-A001",
      "mac:001B44112233",
      "host:alpha",
      "address:10.0.0.1",
    ),
  }),
  fc.record({
    kind: fc.constant("lock_field"),
    at: end,
    value: fc.constantFrom("kept", "also-kept"),
  }),
);
const words = fc.array(
  fc.tuple(word, fc.nat(3)).map(([said, minute]): Timed => ({ ...said, minute })),
  { minLength: 1, maxLength: 6 },
);

async function partOf(db: Db, { tenant }: Lease, one: WireUpdate): Promise<RecordPart | undefined> {
  const read = parseDeviceUpdate(one, 0);
  assert.ok(read.ok);
  const seen = observe(read.value, "");
  assert.ok(seen.ok);
  const { kind, native, fingerprint } = seen.value;
  const { rows } = await db.query<{ record_no: number }>(
    `select r.record_no from sync.records r
       join sync.partitions p using (tenant, partition_no) join sync.instances i using (tenant, instance_no)
      where tenant = $1 and r.kind = $2 and r.native = $3 and i.name = $4 and p.name = $5`,
    [
      tenant,
      KINDS[kind],
      native,
      read.value.metadata["sync_service_id"] ?? "",
      read.value.partition ?? "default",
    ],
  );
  const [row] = rows;
  return row === undefined ? undefined : { recordNo: row.record_no, fingerprint };
}

/** The claim of a word, or undefined while a record that it names is not there yet, or never can be in a link. */
async function claimOf(
  db: Db,
  lease: Lease,
  { said, all }: { readonly said: Word; readonly all: readonly WireUpdate[] },
): Promise<Claim | undefined> {
  const at = (i: number): WireUpdate => all[i % all.length] ?? {};
  if (said.kind === "lock_field") {
    const part = await partOf(db, lease, at(said.at));
    return part && { kind: said.kind, part, field: "hostname", value: said.value };
  }
  if ("value" in said) {
    const { rows } = await db.query<{ no: number }>(
      "select partition_no as no from sync.partitions where tenant = $1 and name = 'default'",
      [lease.tenant],
    );
    const [row] = rows;
    return row && { kind: said.kind, value: { partitionNo: row.no, value: said.value } };
  }
  const [a, b] = [at(said.ends[0]), at(said.ends[1])];
  const isLinkable = [a, b].every(
    ({ source, partition }) => source !== "sweep" && partition === a["partition"],
  );
  const [left, right] = [await partOf(db, lease, a), await partOf(db, lease, b)];
  if (!isLinkable || left === undefined || right === undefined) return undefined;
  return { kind: said.kind, sides: [[left], [right]] };
}

/** Says what can be said by now; gives the numbers. */
async function say(
  db: Db,
  lease: Lease,
  { words: wanted, all }: { readonly words: Set<Timed>; readonly all: readonly WireUpdate[] },
): Promise<number[]> {
  const numbers: number[] = [];
  for (const one of wanted) {
    const claim = await claimOf(db, lease, { said: one, all });
    if (claim === undefined) continue;
    wanted.delete(one);
    const said = { actor: "tester", reason: "test", atMs: T0 + one.minute * 60_000 };
    const made = await tx(db, (open) => writeAssertion(open, lease.tenant, { claim, said }));
    numbers.push(made.no);
  }
  return numbers;
}

const cases = fc
  .tuple(updates, words)
  .chain(([all, said]) =>
    fc.tuple(
      fc.constant(all),
      fc.constant(said),
      fc.shuffledSubarray(all, { minLength: all.length }),
      fc.shuffledSubarray(said, { minLength: said.length }),
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 40, maxLength: 40 }),
    ),
  );

test("assertions in any order, and between any updates, give the same devices", async (t) => {
  const { db } = await freshDatabase(t);
  await fc.assert(
    fc.asyncProperty(cases, async ([all, said, shuffled, saidOtherwise, sizes]) => {
      const once = await newTenant(db);
      await feed(db, once, all);
      await say(db, once, { words: new Set(said), all });
      await settle(db, once);
      const bit = await newTenant(db);
      const waiting = new Set(saidOtherwise);
      let at = 0;
      for (const size of sizes) {
        const chunk = shuffled.slice(at, at + size);
        at += size;
        if (chunk.length === 0) break;
        await feed(db, bit, chunk);
        if (size % 4 > 0) await settle(db, bit);
        if (size % 3 > 0) await say(db, bit, { words: waiting, all });
      }
      await say(db, bit, { words: waiting, all });
      await settle(db, bit);
      assert.deepEqual(await answer(db, bit), await answer(db, once));
    }),
    { numRuns: 60 },
  );
});

test("assertions that are revoked leave nothing behind", async (t) => {
  const { db } = await freshDatabase(t);
  await fc.assert(
    fc.asyncProperty(cases, async ([all, said]) => {
      const lease = await newTenant(db);
      await feed(db, lease, all);
      await settle(db, lease);
      const before = await answer(db, lease);
      const numbers = await say(db, lease, { words: new Set(said), all });
      await settle(db, lease);
      const revoked = { actor: "tester", reason: "mistaken", atMs: T0 };
      for (const assertionNo of numbers) {
        const done = await tx(db, (open) =>
          revokeAssertion(open, lease.tenant, { assertionNo, said: revoked }),
        );
        assert.notEqual(done, undefined);
      }
      await settle(db, lease);
      assert.deepEqual(await answer(db, lease), before);
    }),
    { numRuns: 40 },
  );
});

test("assertions hold through every later sync", async (t) => {
  const { db } = await freshDatabase(t);
  await fc.assert(
    fc.asyncProperty(cases, async ([all, said]) => {
      const early = await newTenant(db);
      const half = Math.ceil(all.length / 2);
      await feed(db, early, all.slice(0, half));
      await settle(db, early);
      const waiting = new Set(said);
      await say(db, early, { words: waiting, all });
      await settle(db, early);
      const held = said.filter((one) => !waiting.has(one));
      await feed(db, early, all.slice(half));
      await settle(db, early);
      const late = await newTenant(db);
      await feed(db, late, all);
      await say(db, late, { words: new Set(held), all });
      await settle(db, late);
      assert.deepEqual(await answer(db, early), await answer(db, late));
    }),
    { numRuns: 40 },
  );
});

/** Records named by instance and native id, as an update each; `devices` says which ids they have now. */
async function told(
  t: Parameters<typeof freshDatabase>[0],
  all: readonly WireUpdate[],
): Promise<{
  readonly devices: () => Promise<readonly (string | undefined)[]>;
  readonly assert: (make: (part: (i: number) => RecordPart) => Claim) => Promise<number>;
  readonly revoke: (assertionNo: number) => Promise<void>;
}> {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  await feed(db, lease, all);
  await settle(db, lease);
  const parts = await Promise.all(all.map((one) => partOf(db, lease, one)));
  const part = (i: number): RecordPart => {
    const found = parts[i];
    assert.ok(found);
    return found;
  };
  const said = { actor: "tester", reason: "test", atMs: T0 };
  return {
    devices: async () => {
      const { rows } = await db.query<{ record_no: number; device_id: string }>(
        "select record_no, device_id from sync.members join sync.devices using (tenant, device_no) where tenant = $1",
        [lease.tenant],
      );
      const ids = new Map(rows.map((row) => [row.record_no, row.device_id]));
      return all.map((_, i) => ids.get(part(i).recordNo));
    },
    assert: async (make) => {
      const { no } = await tx(db, (open) =>
        writeAssertion(open, lease.tenant, { claim: make(part), said }),
      );
      await settle(db, lease);
      return no;
    },
    revoke: async (assertionNo) => {
      await tx(db, (open) => revokeAssertion(open, lease.tenant, { assertionNo, said }));
      await settle(db, lease);
    },
  };
}

function update(source: "netbox" | "armis", id: string, facts: Readonly<Record<string, string>>) {
  const { hostname = "", mac = "", day = "0", ...metadata } = facts;
  const key = source === "netbox" ? "netbox_device_id" : "armis_device_id";
  return {
    source,
    hostname,
    mac,
    timestamp: new Date(T0 + Number(day) * 86_400_000).toISOString(),
    metadata: { [key]: id, sync_service_id: `${source}-1`, ...metadata },
  };
}

/** How many devices, by the first record of each: [0, 0, 2] is two devices, the first of two records. */
function grouping(ids: readonly (string | undefined)[]): readonly number[] {
  return ids.map((id) => ids.indexOf(id));
}

test("a must-link joins what contradicts itself, and drives none of either's records away", async (t) => {
  const {
    devices,
    assert: claim,
    revoke,
  } = await told(t, [
    update("netbox", "1", { hostname: "db-1", serial: "SN-A001" }),
    update("armis", "1", { hostname: "db-1", day: "1" }),
    update("netbox", "2", { hostname: "db-2", serial: "SN-B002" }),
    update("armis", "2", { hostname: "db-2", day: "1" }),
  ]);
  const apart = await devices();
  assert.deepEqual(grouping(apart), [0, 0, 2, 2]);
  const no = await claim((part) => ({ kind: "must_link", sides: [[part(0)], [part(2)]] }));
  assert.deepEqual(grouping(await devices()), [0, 0, 0, 0]);
  await revoke(no);
  assert.deepEqual(await devices(), apart);
});

test("a cannot-link parts what every value joins", async (t) => {
  const same = { hostname: "db-1", serial: "SN-A001", mac: "00:1B:44:11:22:33" };
  const { devices, assert: claim } = await told(t, [
    update("netbox", "1", same),
    update("armis", "1", same),
  ]);
  assert.deepEqual(grouping(await devices()), [0, 0]);
  await claim((part) => ({ kind: "cannot_link", sides: [[part(0)], [part(1)]] }));
  assert.deepEqual(grouping(await devices()), [0, 1]);
});

test("where must-links and cannot-links meet through others, what may not be is not", async (t) => {
  const { devices, assert: claim } = await told(t, [
    update("netbox", "1", { serial: "SN-A001" }),
    update("armis", "1", { serial: "SN-A001" }),
    update("netbox", "2", { serial: "SN-B002" }),
    update("armis", "2", { serial: "SN-B002" }),
  ]);
  await claim((part) => ({ kind: "cannot_link", sides: [[part(1)], [part(3)]] }));
  await claim((part) => ({ kind: "must_link", sides: [[part(0)], [part(2)]] }));
  const [a, b, c, d] = await devices();
  assert.equal(a, c);
  assert.notEqual(b, d);
});

test("a blocked value joins nothing, and an allowed one joins though contested", async (t) => {
  const {
    devices,
    assert: claim,
    revoke,
  } = await told(t, [
    update("netbox", "1", { serial: "SN-A001" }),
    update("armis", "1", { serial: "SN-A001" }),
  ]);
  const value = { partitionNo: 1, value: "serial:SN-A001" } as const;
  const no = await claim(() => ({ kind: "block_value", value }));
  assert.deepEqual(grouping(await devices()), [0, 1]);
  await revoke(no);
  assert.deepEqual(grouping(await devices()), [0, 0]);
  const contested = await told(t, [
    update("netbox", "1", { serial: "SN-A001", hostname: "one" }),
    update("netbox", "2", { serial: "SN-A001", hostname: "two" }),
    update("armis", "1", { serial: "SN-A001" }),
  ]);
  assert.deepEqual(grouping(await contested.devices()), [0, 1, 2]);
  await contested.assert(() => ({ kind: "allow_value", value }));
  assert.deepEqual(grouping(await contested.devices()), [0, 1, 0]);
});

test("two lives of a record that one value kept apart are one device while it is blocked", async (t) => {
  const {
    devices,
    assert: claim,
    revoke,
  } = await told(t, [
    update("netbox", "1", { hostname: "one" }),
    update("netbox", "1", { hostname: "two", day: "3" }),
  ]);
  const [, second] = await devices();
  const value = { partitionNo: 1, value: "host:two" } as const;
  const no = await claim(() => ({ kind: "block_value", value }));
  const [, joined] = await devices();
  assert.notEqual(joined, second);
  await revoke(no);
  assert.deepEqual((await devices())[1], second);
});
