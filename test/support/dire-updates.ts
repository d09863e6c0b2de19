/** Updates made up at random, of few values, so that records meet in every way that decides. */
import fc from "fast-check";

import type { WireUpdate } from "./dire.ts";

const pick = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

/** Few values, so that records meet: shared serials, names, MACs, addresses and ids. */
const content = fc.record({
  instance: pick("netbox-1", "netbox-2", "armis-1", "armis-1", "sweep-1", "cmdb-1"),
  native: pick("1", "2", "3", "4"),
  serial: pick("", "SN-A001", "SN-B002", "SN-C003"),
  host: pick("", "alpha", "beta.example.net", "gamma"),
  mac: pick("", "00:1B:44:11:22:33", "3C:97:0E:01:02:03", "02:42:AC:11:00:02", "A6:11:22:33:44:55"),
  ip: pick("", "10.0.0.1", "10.0.0.2", "10.0.0.3"),
  model: pick("", "R740", "X1"),
  partition: pick("default", "default", "default", "site-b"),
});
type Content = typeof content extends fc.Arbitrary<infer T> ? T : never;

/** When a content is seen: within a few days, now and then weeks later; now and then as a deletion. */
const sighting = fc.record({
  pick: fc.nat(),
  minute: fc.oneof(
    fc.integer({ min: 0, max: 7_200 }),
    fc.integer({ min: 0, max: 5 }).map((day) => day * 1_440),
    fc.integer({ min: 20_000, max: 40_000 }),
  ),
  isDeletion: fc.integer({ min: 0, max: 20 }).map((n) => n === 0),
});

function toWire(
  u: Content,
  { minute, isDeletion }: { readonly minute: number; readonly isDeletion: boolean },
): WireUpdate {
  const source = u.instance.split("-")[0] ?? "";
  const ids: Record<string, Record<string, string>> = {
    netbox: { netbox_device_id: u.native, integration_id: u.native },
    armis: { armis_device_id: u.native },
    cmdb: { integration_id: u.native },
    sweep: {},
  };
  return {
    source,
    partition: u.partition,
    timestamp: new Date(Date.UTC(2026, 0, 1) + minute * 60_000).toISOString(),
    ip: source === "sweep" && u.ip === "" ? "10.0.0.9" : u.ip,
    mac: source === "sweep" ? "" : u.mac,
    hostname: u.host,
    metadata: {
      ...ids[source],
      sync_service_id: u.instance,
      ...(source === "sweep" || u.serial === "" ? {} : { serial: u.serial }),
      ...(u.model === "" ? {} : { model: u.model }),
      ...(isDeletion ? { _deleted: "true" } : {}),
    },
  };
}

/** A few contents, each seen again and again: most sightings change nothing, and time alone must not be forgotten. */
export const updates: fc.Arbitrary<WireUpdate[]> = fc
  .tuple(
    fc.array(content, { minLength: 1, maxLength: 8 }),
    fc.array(sighting, { minLength: 1, maxLength: 40 }),
  )
  .map(([contents, sightings]) =>
    sightings.flatMap((seen) => {
      const chosen = contents[seen.pick % contents.length];
      return chosen === undefined ? [] : [toWire(chosen, seen)];
    }),
  );

/** Updates, the same in another order, and how many of them come at a time. */
export const batches: fc.Arbitrary<[WireUpdate[], WireUpdate[], number[]]> = updates.chain((all) =>
  fc.tuple(
    fc.constant(all),
    fc.shuffledSubarray(all, { minLength: all.length }),
    fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 40, maxLength: 40 }),
  ),
);
