/** Explanations say what was decided, and what they say of single facts comes true. */
import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import type { Db } from "../../src/db/pool.ts";
import { tx } from "../../src/db/tx.ts";
import { writeAssertion, type Claim } from "../../src/dire/assertion-store.ts";
import type { Turn } from "../../src/dire/counterfactual.ts";
import { isSighting } from "../../src/dire/device-parts.ts";
import { explainDevice, type Explanation } from "../../src/dire/explanation.ts";
import type { Node } from "../../src/dire/node.ts";
import type { Lease } from "../../src/inbox/lease.ts";
import { idOfUuid } from "../../src/inventory/device-store.ts";
import { freshDatabase } from "../support/database.ts";
import { updates } from "../support/dire-updates.ts";
import { feed, newTenant, settle } from "../support/dire.ts";

async function explainAll(db: Db, { tenant }: Lease): Promise<readonly Explanation[]> {
  const { rows } = await db.query<{ device_no: number; device_id: string }>(
    "select device_no, device_id from sync.devices where tenant = $1 order by 1",
    [tenant],
  );
  const explained: Explanation[] = [];
  for (const { device_no: deviceNo, device_id: id } of rows) {
    const device = { deviceNo, id: idOfUuid(id) };
    explained.push(await tx(db, (open) => explainDevice(open, tenant, device)));
  }
  return explained;
}

test("an explanation has the very records of the published device, and steps that join them all", async (t) => {
  const { db } = await freshDatabase(t);
  await fc.assert(
    fc.asyncProperty(updates, async (all) => {
      const lease = await newTenant(db);
      await feed(db, lease, all);
      await settle(db, lease);
      for (const { parts, cluster, reasons } of await explainAll(db, lease)) {
        const records = parts.filter((part) => !isSighting(part)).map(({ recordNo }) => recordNo);
        const told = (cluster?.nodes ?? []).map(({ recordNo }) => recordNo);
        assert.deepEqual(new Set(told), new Set(records));
        assert.equal(reasons?.steps.length ?? 0, Math.max(0, told.length - 1));
      }
    }),
    { numRuns: 40 },
  );
});

/** The claim that makes a supposition true; undefined for one that only a source could. */
function claimOf({ supposed }: Turn): Claim | undefined {
  if (supposed.kind !== "unsaid" && supposed.kind !== "allowed") return undefined;
  const kind = supposed.kind === "unsaid" ? "block_value" : "allow_value";
  return { kind, value: { partitionNo: 1, value: supposed.value } };
}

/** Records of the device that has what the anchor shows last: without its serial a record can become two, of two devices. */
async function fellowsOf(db: Db, lease: Lease, anchor: Node): Promise<readonly number[]> {
  const last = anchor.fingerprints.at(-1);
  const own = (await explainAll(db, lease)).find(({ cluster }) =>
    cluster?.nodes.some(
      ({ recordNo, fingerprints }) =>
        recordNo === anchor.recordNo && fingerprints.some((one) => one === last),
    ),
  );
  return (own?.cluster?.nodes ?? []).map(({ recordNo }) => recordNo);
}

test("what a fact is said to change changes when an operator makes it so", async (t) => {
  const { db } = await freshDatabase(t);
  let seen = 0;
  await fc.assert(
    fc.asyncProperty(updates, async (all) => {
      const whole = all.map((update) => ({ ...update, partition: "default" }));
      const lease = await newTenant(db);
      await feed(db, lease, whole);
      await settle(db, lease);
      const explained = await explainAll(db, lease);
      const single = explained.filter(
        ({ cluster, partsOf }) => cluster?.nodes.every((node) => partsOf(node) === 1) === true,
      );
      const turn = single
        .flatMap(({ cluster, turns }) => turns.map((one) => ({ anchor: cluster?.anchor, one })))
        .find(({ one }) => claimOf(one) !== undefined);
      const claim = turn && claimOf(turn.one);
      if (claim === undefined || turn?.anchor === undefined) return;
      seen += 1;
      const said = { actor: "tester", reason: "", atMs: 0 };
      await tx(db, (open) => writeAssertion(open, lease.tenant, { claim, said }));
      await settle(db, lease);
      const now = await fellowsOf(db, lease, turn.anchor);
      for (const { recordNo } of turn.one.leaves) assert.ok(!now.includes(recordNo));
      for (const { recordNo } of turn.one.joins) assert.ok(now.includes(recordNo));
    }),
    { numRuns: 120, endOnFailure: true },
  );
  assert.ok(seen > 10, `${seen} cases had a fact that decides`);
});
