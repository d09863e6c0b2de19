/** What an act of an operator changes, in sentences. Pure. */
import type { Assertion, Outcome } from "../../calls/device-acts.ts";

type Brief = { readonly id: string; readonly hostname?: string | undefined };

/** A record as people name it: "netbox_dc1/42". */
export function recordName(record: {
  readonly source: string;
  readonly native_id: string;
}): string {
  return `${record.source}/${record.native_id}`;
}

/** Name of a device, else the beginning of its id. */
function deviceName({ id, hostname }: Brief): string {
  return hostname ?? shortId(id);
}

/** Characters of an id that tell it from others on one page. */
const ID_SHOWN = 11;

/** "sr:0d9a3b6e…" */
export function shortId(id: string): string {
  return id.length > ID_SHOWN ? `${id.slice(0, ID_SHOWN)}…` : id;
}

/** What is decided and taken back, which records move, and what becomes of each device: a sentence each. */
export function outcomeWords(outcome: Outcome): readonly string[] {
  const { made, revoked, moves, devices, is_pending: isPending } = outcome;
  const names = new Map(devices.map((device) => [device.id, deviceName(device)]));
  const named = (id: string | undefined): string =>
    id === undefined ? "no device" : (names.get(id) ?? shortId(id));
  return [
    ...made.map((decision) => `New decision: ${decisionWords(decision)}.`),
    ...revoked.map((decision) => `No longer decided: ${decisionWords(decision)}.`),
    ...(isPending
      ? ["Very many records are concerned: devices change a little later."]
      : moves.length === 0
        ? ["No record moves to another device."]
        : []),
    ...moves.map(
      ({ record, from_id: from, to_id: to }) =>
        `${recordName(record)} moves from ${named(from)} to ${to === undefined ? "a device of its own" : named(to)}.`,
    ),
    ...devices.map((device) => sizeWords(device)),
  ];
}

function sizeWords(device: Outcome["devices"][number]): string {
  const { records_before: before, records_after: after } = device;
  const name = deviceName(device);
  if (before === 0) return `${name} comes to be, with ${recordsWords(after)}.`;
  if (after === 0) return `${name} ends; its id leads to where its records went.`;
  return before === after
    ? `${name} keeps its ${recordsWords(after)}.`
    : `${name} has ${recordsWords(after)} instead of ${before}.`;
}

function recordsWords(count: number): string {
  return `${count} record${count === 1 ? "" : "s"}`;
}

/** What a decision says, in one sentence. */
export function decisionWords(decision: Assertion): string {
  const { kind, field, value, value_type: type, records } = decision;
  const side = (no: number): string =>
    records.flatMap((one) => (one.side === no ? [recordName(one)] : [])).join(", ");
  switch (kind) {
    case "must_link":
      return `${side(1)} and ${side(2)} are one device`;
    case "cannot_link":
      return `${side(1)} and ${side(2)} are never one device`;
    case "block_value":
      return `${type ?? "value"} ${value ?? ""} says nothing of who is who`;
    case "allow_value":
      return `${type ?? "value"} ${value ?? ""} may join records`;
    case "lock_field":
    default:
      return `${field ?? "field"} is ${value === undefined || value === "" ? "empty" : value}`;
  }
}
