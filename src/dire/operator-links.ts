/** Which devices are one and which are not, as an operator has it: merge, never merge, unmerge. */
import { err, ok, type Result } from "../lib/result.ts";
import type { CanonicalId } from "../model/canonical-id.ts";
import { readLinks } from "./assertion-store.ts";
import type { Link, RecordPart } from "./assertion.ts";
import { CLUSTER_NODES_MAX } from "./cluster.ts";
import { devicesOf, isNamedBy, isSighting, readParts, type DevicePart } from "./device-parts.ts";
import type { Act, Acted } from "./operator.ts";

/** A published device. */
export interface NamedDevice {
  readonly deviceNo: number;
  readonly id: CanonicalId;
}

type Side = NamedDevice & { readonly parts: readonly DevicePart[] };

/** Makes two devices one: their anchors' records must be linked, whatever the values say. */
export async function mergeDevices(act: Act, a: NamedDevice, b: NamedDevice): Promise<Acted> {
  const sides = await readSides(act, a, b);
  if (!sides.ok) return sides;
  const [left, right] = sides.value;
  const count = left.parts.length + right.parts.length;
  if (count > CLUSTER_NODES_MAX) {
    return err(`together they have ${count} records; a device has at most ${CLUSTER_NODES_MAX}`);
  }
  const barring = (await linksBetween(act, left, right)).find(({ kind }) => kind === "cannot_link");
  if (barring !== undefined) {
    return err(
      `assertion ${barring.assertionNo} says that a record of ${a.id} and one of ${b.id} are never one device; revoke it first`,
    );
  }
  const [one, other] = [anchorOf(left), anchorOf(right)];
  await act.claim({ kind: "must_link", sides: [[one], [other]] });
  await act.publish();
  if (!act.isPending && !(await areTogether(act, one, other))) {
    return err(
      "other assertions keep them apart: a record that belongs to one may not be with a record of the other",
    );
  }
  return ok(await act.outcome());
}

/** Keeps two devices apart for ever: no record of one may be with a record of the other. */
export async function neverMerge(act: Act, a: NamedDevice, b: NamedDevice): Promise<Acted> {
  if (a.deviceNo === b.deviceNo) {
    return err(`${a.id} and ${b.id} are one device now; unmerge takes one of its records out`);
  }
  const sides = await readSides(act, a, b);
  if (!sides.ok) return sides;
  const [left, right] = sides.value;
  const joining = (await linksBetween(act, left, right)).find(({ kind }) => kind === "must_link");
  if (joining !== undefined) {
    return err(
      `assertion ${joining.assertionNo} says that ${a.id} and ${b.id} are one device; revoke it first`,
    );
  }
  await act.claim({ kind: "cannot_link", sides: [left.parts, right.parts] });
  const outcome = await act.outcome();
  await act.audit("manual_never_merge", [[a.id, b.id]]);
  return ok(outcome);
}

/**
 * Takes a record out of a device: what an operator's merge brought leaves as it came, by revoking the merge; what evidence keeps
 * in it is parted from all others. Without a record: takes back the latest merge of the device.
 */
export async function unmerge(
  act: Act,
  device: NamedDevice,
  recordNo: number | undefined,
): Promise<Acted> {
  const parts = (await readParts(act.tx, act.tenant, device.deviceNo)).filter(
    (part) => !isSighting(part),
  );
  const merges = await mergesWithin(act, parts);
  const done =
    recordNo === undefined
      ? await undoLatest(act, device, merges)
      : await takeOut(act, device, { parts, merges, recordNo });
  if (!done.ok) return done;
  const outcome = await act.outcome();
  await act.auditSplits();
  return ok(outcome);
}

/** Merges by an operator that hold a device together, oldest first. */
async function mergesWithin(
  { tx, tenant }: Act,
  parts: readonly DevicePart[],
): Promise<readonly Link[]> {
  const links = await readLinks(tx, tenant, numbersOf(parts));
  return links.filter(
    ({ kind, sides }) => kind === "must_link" && sides.every((side) => names(side, parts)),
  );
}

async function undoLatest(
  act: Act,
  { id }: NamedDevice,
  merges: readonly Link[],
): Promise<Result<undefined>> {
  const latest = merges.at(-1);
  if (latest === undefined) {
    return err(`no operator merged ${id}; name the record that does not belong to it`);
  }
  await act.revoke(latest.assertionNo);
  return ok(undefined);
}

type TakingOut = {
  readonly parts: readonly DevicePart[];
  readonly merges: readonly Link[];
  readonly recordNo: number;
};

async function takeOut(
  act: Act,
  { id }: NamedDevice,
  { parts, merges, recordNo }: TakingOut,
): Promise<Result<undefined>> {
  const out = parts.find((part) => part.recordNo === recordNo);
  const rest = parts.filter((part) => part.recordNo !== recordNo);
  if (out === undefined) return err(`record ${recordNo} is none of those that make ${id}`);
  if (rest.length === 0) return err(`record ${recordNo} is all there is of ${id}`);
  for (const { assertionNo, sides } of merges) {
    if (sides.some((side) => names(side, [out]))) await act.revoke(assertionNo);
  }
  await act.publish();
  const still = await stillTogether(act, out, rest);
  if (still.length > 0) await act.claim({ kind: "cannot_link", sides: [[out], still] });
  return ok(undefined);
}

/** Whether a side of a link names any of these records. */
function names(side: readonly RecordPart[], parts: readonly DevicePart[]): boolean {
  return side.some((end) => parts.some((part) => isNamedBy(part, end)));
}

async function readSides(
  { tx, tenant }: Act,
  a: NamedDevice,
  b: NamedDevice,
): Promise<Result<readonly [Side, Side]>> {
  if (a.deviceNo === b.deviceNo) return err(`${a.id} and ${b.id} are one device already`);
  const sides: Side[] = [];
  for (const device of [a, b]) {
    const all = await readParts(tx, tenant, device.deviceNo);
    const parts = all.filter((part) => !isSighting(part));
    if (parts.length === 0) {
      return err(
        `${device.id} is known by an address alone; it becomes part of whatever device turns out to have the address`,
      );
    }
    sides.push({ ...device, parts });
  }
  const [left, right] = sides;
  if (left === undefined || right === undefined) return err("two devices are needed");
  if (left.parts[0]?.partitionNo !== right.parts[0]?.partitionNo) {
    return err(`${a.id} and ${b.id} lie in different partitions, which never share a device`);
  }
  return ok([left, right]);
}

function anchorOf({ parts, id }: Side): DevicePart {
  const [anchor] = parts;
  if (anchor === undefined) throw new Error(`invariant broken: ${id} has a record`);
  return anchor;
}

function numbersOf(parts: readonly DevicePart[]): readonly number[] {
  return [...new Set(parts.map(({ recordNo }) => recordNo))];
}

async function linksBetween({ tx, tenant }: Act, a: Side, b: Side): Promise<readonly Link[]> {
  const links = await readLinks(tx, tenant, numbersOf([...a.parts, ...b.parts]));
  return links.filter(
    ({ sides: [one, other] }) =>
      (names(one, a.parts) && names(other, b.parts)) ||
      (names(one, b.parts) && names(other, a.parts)),
  );
}

async function areTogether(act: Act, a: RecordPart, b: DevicePart): Promise<boolean> {
  return (await stillTogether(act, a, [b])).length > 0;
}

/** Of some records those that are published with `one` now. */
async function stillTogether(
  { tx, tenant }: Act,
  one: RecordPart,
  others: readonly DevicePart[],
): Promise<readonly DevicePart[]> {
  const devices = await devicesOf(tx, tenant, [one, ...others]);
  return others.filter((_, i) => devices[i + 1] === devices[0]);
}
