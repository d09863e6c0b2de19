import { invariant } from "../../../src/lib/invariant.ts";
import { STYLES } from "../views/styles.ts";
import { PARTITION_NAMES } from "./build.ts";
import { always, type TrueDevice } from "./device.ts";
import type { Dice } from "./dice.ts";
import { SOURCES, type SourceName } from "./kinds.ts";
import { newNative } from "./natives.ts";
import type { Numbers } from "./numbers.ts";
import type { Instance, SourceRecord } from "./record.ts";

/** Which systems there are, and which devices they list. */
export interface Listing {
  readonly instances: readonly Instance[];
  /** Rows about a device, in the order in which they were made. */
  recordsOf(device: TrueDevice): readonly SourceRecord[];
  /** The device's first row in a system, if it has one. */
  find(device: TrueDevice, source: SourceName): SourceRecord | undefined;
  /** The device's first row in a system, made if it has none. */
  ensure(device: TrueDevice, source: SourceName): SourceRecord;
  /** Another row about the device in that system. */
  add(device: TrueDevice, source: SourceName): SourceRecord;
  /** Takes a row out as if it had never been. */
  remove(record: SourceRecord): void;
  /** Has the partition's second NetBox list the row instead of the first. */
  moveToSecondNetbox(record: SourceRecord): void;
}

/** Empty systems: one of each source in every partition, and a second NetBox. */
export function createListing(dice: Dice, numbers: Numbers): Listing {
  const instances = PARTITION_NAMES.flatMap(instancesOf);
  const byDevice = new Map<number, readonly SourceRecord[]>();
  const recordsOf = ({ no }: TrueDevice): readonly SourceRecord[] => byDevice.get(no) ?? [];
  const find = (device: TrueDevice, source: SourceName): SourceRecord | undefined =>
    recordsOf(device).find(({ instance }) => instance.source === source);
  const instanceOf = (source: SourceName, nth: number, partition: string): Instance => {
    const name = nameOf(source, nth, partition);
    const instance = instances.find((candidate) => candidate.name === name);
    invariant(instance !== undefined, `there is a system "${name}"`);
    return instance;
  };
  const add = (device: TrueDevice, source: SourceName): SourceRecord => {
    const instance = instanceOf(source, 1, device.partition);
    const record = newRecord(device, instance, { dice, numbers });
    instance.records.push(record);
    byDevice.set(device.no, [...recordsOf(device), record]);
    return record;
  };
  return {
    instances,
    recordsOf,
    find,
    ensure: (device, source) => find(device, source) ?? add(device, source),
    add,
    remove: (record) => {
      const device = record.deviceAt(0);
      record.gaps.push(always);
      byDevice.set(
        device.no,
        recordsOf(device).filter((other) => other !== record),
      );
    },
    moveToSecondNetbox: (record) => {
      const { records, partition } = record.instance;
      records.splice(records.indexOf(record), 1);
      record.instance = instanceOf("netbox", 2, partition);
      record.instance.records.push(record);
    },
  };
}

function instancesOf(partition: string): Instance[] {
  const instance = (source: SourceName, nth: number): Instance => ({
    name: nameOf(source, nth, partition),
    source,
    partition,
    records: [],
  });
  return [...SOURCES.map((source) => instance(source, 1)), instance("netbox", 2)];
}

function nameOf(source: SourceName, nth: number, partition: string): string {
  return `${source}-${nth}.${partition}`;
}

function newRecord(
  device: TrueDevice,
  instance: Instance,
  { dice, numbers }: { dice: Dice; numbers: Numbers },
): SourceRecord {
  const no = numbers.next("record", 0);
  const own = dice.fork(no);
  return {
    no,
    instance,
    native: newNative(device, instance, numbers),
    traits: STYLES[instance.source].deal(device.base, (p) => own.chance(p)),
    gaps: [],
    deviceAt: () => device,
    changes: [],
  };
}
