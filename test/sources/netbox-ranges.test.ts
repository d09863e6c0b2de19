import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { inOrder } from "../../src/sources/in-order.ts";
import { RangePlan, type IdRange } from "../../src/sources/netbox-ranges.ts";
import { netboxSource } from "../../src/sources/netbox.ts";
import { RequestSlots } from "../../src/sources/request-slots.ts";
import { SourceGate } from "../../src/sources/source-gate.ts";
import { plainFleet } from "../fakes/netbox-fleet.ts";
import { startNetboxFake, type NetboxFake } from "../fakes/netbox-server.ts";
import { InstantClock } from "../support/instant-clock.ts";
import { failureOf, pull, type Pulled } from "../support/pull.ts";
import { secrets, sourceConfig } from "../support/source-config.ts";

const { signal } = new AbortController();

test("ranges hold every id once, whatever pages the ids came in, and also one that nobody knew", () => {
  const someIds = fc.uniqueArray(fc.integer({ min: 1, max: 500 }), { maxLength: 60 });
  fc.assert(
    fc.property(
      someIds,
      fc.nat(50),
      fc.integer({ min: 1, max: 9 }),
      fc.nat(20),
      (ids, after, ...by) => {
        const [size, pageRows] = by;
        const ahead = ids.filter((id) => id > after).toSorted((a, b) => a - b);
        const ranges = rangesOf(ahead, { after, size, pageRows: pageRows + 1 });
        for (let id = after + 1; id <= 510; id += 1) {
          assert.equal(ranges.filter((range) => isIn(range, id)).length, 1, `id ${id}`);
        }
        for (const range of ranges) {
          const rows = ahead.filter((id) => isIn(range, id)).length;
          assert.equal(rows, range.rows);
          assert.ok(rows === size || (range === ranges.at(-1) && rows < size));
        }
        assert.equal(ranges.at(-1)?.upTo, undefined);
      },
    ),
  );
});

test("results come in the order of the tasks, and no more are begun than may be held", async () => {
  const width = 3;
  const ends: (() => void)[] = [];
  let begunCount = 0;
  let taken = 0;
  const work = async (task: number): Promise<number> => {
    begunCount += 1;
    assert.ok(
      begunCount - taken <= (taken === 0 ? 1 : width),
      `${begunCount} begun, ${taken} taken`,
    );
    await new Promise<void>((resolve) => ends.push(resolve));
    return task;
  };
  const endOne = setInterval(() => ends.pop()?.(), 0);
  const results: number[] = [];
  const tasks = (async function* count() {
    for (let nth = 0; nth < 20; nth += 1) yield await Promise.resolve(nth);
  })();
  for await (const result of inOrder(tasks, width, work)) {
    results.push(result);
    taken += 1;
  }
  clearInterval(endOne);
  assert.deepEqual(
    results,
    Array.from({ length: 20 }, (_, nth) => nth),
  );
});

test("room for a request goes to who waited longest, and not to one who has left", async () => {
  const slots = new RequestSlots(1);
  const came: string[] = [];
  const first = await slots.take(signal);
  const leaving = new AbortController();
  const left = assert.rejects(slots.take(leaving.signal), /left/);
  const second = slots.take(signal).then((slot) => (came.push("second"), slot));
  const third = slots.take(signal).then((slot) => (came.push("third"), slot));
  leaving.abort(new Error("left"));
  await left;
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  (await second)[Symbol.dispose]();
  await third;
  assert.deepEqual(came, ["second", "third"]);
});

test("a request that waited for room does not go while the source wants rest", async () => {
  const clock = new InstantClock();
  const gate = new SourceGate({ concurrentRequests: 1 });
  const first = await gate.pass(clock, signal);
  const second = gate.pass(clock, signal);
  gate.askedToWait(clock.now() + 7_000);
  first[Symbol.dispose]();
  await second;
  assert.deepEqual(clock.slept, [7_000]);
});

test("netbox: ranges side by side give the pages of a walk page by page, however many", async () => {
  await using fake = await startFake(230);
  for (let id = 30; id <= 160; id += 2) fake.deleteDevice(id);
  const serial = await pullFrom(fake, 1);
  assert.equal(serial.devices.length, 230 - 66 + 25);
  for (const concurrent of [2, 4, 16]) {
    const pulled = await pullFrom(fake, concurrent);
    assert.deepEqual(pulled.pages.map(known), serial.pages.map(known));
    assert.ok(fake.stats.inFlightMax <= concurrent, `${fake.stats.inFlightMax} at a time`);
    for (const { cursor } of pulled.pages.filter((_, nth) => nth % 5 === 0)) {
      const rest = await pullFrom(fake, concurrent, { cursor });
      assert.deepEqual(
        rest.devices,
        serial.devices.slice(serial.devices.length - rest.devices.length),
      );
    }
  }
});

test("netbox: what comes and goes while ranges are read makes nothing skip or come twice", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 150 })), { maxLength: 10 }),
      async (drift) => {
        const deleted = new Set(drift.map(([, id]) => id));
        await using fake = await startFake(150, ({ number }, running) => {
          for (const [at, id] of drift) {
            if (at !== number) continue;
            running.deleteDevice(id);
            running.addDevice();
          }
        });
        const ids = (await pullFrom(fake, 8)).devices.map(
          ({ metadata }) => metadata["integration_id"],
        );
        assert.equal(new Set(ids).size, ids.length, "twice");
        const stood = Array.from({ length: 150 }, (_, nth) => nth + 1).filter(
          (id) => !deleted.has(id),
        );
        assert.deepEqual(
          stood.filter((id) => !ids.includes(String(id))),
          [],
        );
      },
    ),
    { numRuns: 15 },
  );
});

test("netbox: a range that comes empty is no complete reading, however large the list is", async () => {
  // Less than the share of a whole list that may vanish meanwhile.
  let isEmptied = false;
  await using fake = await startFake(1_000, ({ query }, running) => {
    if (isEmptied || query.get("id__lte") !== "100") return;
    isEmptied = true;
    for (let id = 81; id <= 100; id += 1) running.deleteDevice(id);
  });
  const error = await failureOf(pullFrom(fake, 4, { pageSize: 20 }));
  assert.equal(error.code, "truncated");
  assert.equal(error.retry, "transient");
  assert.match(error.message, /listed 20 ids behind id 80 up to 100 and gave 0 rows/);
});

type OnRequest = Parameters<typeof startNetboxFake>[0]["onRequest"];

async function startFake(devices: number, onRequest?: OnRequest): Promise<NetboxFake> {
  return await startNetboxFake({
    fleet: plainFleet(devices),
    vms: plainFleet(25, 201),
    ...(onRequest === undefined ? {} : { onRequest }),
  });
}

async function pullFrom(
  fake: NetboxFake,
  concurrentRequests: number,
  {
    cursor,
    pageSize = 10,
  }: { readonly cursor?: string | undefined; readonly pageSize?: number } = {},
): Promise<Pulled> {
  fake.stats.inFlightMax = 0;
  const config = sourceConfig({
    type: "netbox",
    endpoint: fake.url,
    credentials: secrets({ api_token: fake.token }),
    pageSize,
    concurrentRequests,
  });
  return await pull(netboxSource, config, cursor === undefined ? {} : { cursor });
}

/** A page without its time. */
function known({ mark, ...page }: Pulled["pages"][number]): object {
  assert.ok(mark);
  return page;
}

function rangesOf(
  ids: readonly number[],
  by: { readonly after: number; readonly size: number; readonly pageRows: number },
): readonly IdRange[] {
  const plan = new RangePlan(by.after, by.size);
  const ranges: IdRange[] = [];
  for (let from = 0; from < ids.length; from += by.pageRows) {
    ranges.push(...plan.take(ids.slice(from, from + by.pageRows)));
  }
  return [...ranges, plan.end()];
}

function isIn({ after, upTo = Infinity }: IdRange, id: number): boolean {
  return id > after && id <= upTo;
}
