/** What happened to a device, newest first. Pure. */
import type { Assertion } from "../../calls/device-acts.ts";
import type { DeviceDetail } from "../../calls/devices.ts";
import { fieldTitle } from "./field-words.ts";
import { decisionWords, recordName, shortId } from "./outcome-words.ts";

/** Something that happened. */
export interface Happened {
  readonly at: string;
  readonly tone: "good" | "warn" | "bad" | "info" | "idle";
  readonly title: string;
  readonly about?: string | undefined;
}

/** Events of its records, merges, decisions and values. */
export function timelineOf(
  device: DeviceDetail,
  decisions: readonly Assertion[],
): readonly Happened[] {
  return [
    ...published(device),
    ...device.evidence.flatMap(ofRecord),
    ...device.merges.map(ofMerge(device.id)),
    ...decisions.flatMap(ofDecision),
    ...ofValues(device),
  ].toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

function published(device: DeviceDetail): readonly Happened[] {
  const { first_seen: first, promoted_at: promoted, deleted_at: deleted } = device;
  return [
    { at: first, tone: "info", title: "First seen" },
    ...(promoted === undefined
      ? []
      : [{ at: promoted, tone: "good" as const, title: "Known by more than an address" }]),
    ...(deleted === undefined
      ? []
      : [{ at: deleted, tone: "bad" as const, title: "Deleted", about: device.deleted_reason }]),
  ];
}

function ofRecord(record: DeviceDetail["evidence"][number]): readonly Happened[] {
  const name = recordName(record);
  return [
    { at: record.first_seen, tone: "idle", title: `${name} began to speak of it` },
    ...(record.is_former
      ? [{ at: record.last_seen, tone: "warn" as const, title: `${name} went to another device` }]
      : []),
    ...(record.retracted_at === undefined
      ? []
      : [
          {
            at: record.retracted_at,
            tone: "warn" as const,
            title: `${record.source} withdrew ${record.native_id}`,
          },
        ]),
  ];
}

const ofMerge =
  (id: string) =>
  ({ from_id: from, to_id: to, reason, source, at }: DeviceDetail["merges"][number]): Happened => ({
    at,
    tone: "info",
    title: mergeWords(
      { from: from === id ? "It" : shortId(from), to: to === id ? "it" : shortId(to) },
      reason,
    ),
    about: `${reason.replaceAll("_", " ")}, by ${source}`,
  });

/** The trail of merges also holds what operators kept apart and parted; former ids of the device are told as they are. */
function mergeWords(
  { from, to }: { readonly from: string; readonly to: string },
  reason: string,
): string {
  if (reason === "manual_never_merge") return `${from} and ${to} are kept apart`;
  return reason === "unmerge" ? `${from} and ${to} were parted` : `${from} was merged into ${to}`;
}

function ofDecision(decision: Assertion): readonly Happened[] {
  const { assertion_no: no, made, revoked } = decision;
  const why = (by: string, reason: string): string => (reason === "" ? by : `${by}: ${reason}`);
  return [
    {
      at: made.at,
      tone: "info",
      title: `Decision ${no}: ${decisionWords(decision)}`,
      about: why(made.by, made.reason),
    },
    ...(revoked === undefined
      ? []
      : [
          {
            at: revoked.at,
            tone: "idle" as const,
            title: `Decision ${no} was taken back`,
            about: why(revoked.by, revoked.reason),
          },
        ]),
  ];
}

/** Values that changed after the device was first seen; those of the same record and time are one line. */
function ofValues({ fields, first_seen: first }: DeviceDetail): readonly Happened[] {
  const later = fields.filter(({ since }) => since !== undefined && since > first);
  const groups = Map.groupBy(later, ({ since, source }) => `${since} ${source}`);
  return [...groups.values()].flatMap((group): readonly Happened[] => {
    const [one] = group;
    if (one?.since === undefined) return [];
    return [
      {
        at: one.since,
        tone: "idle",
        title: `${one.source ?? "A source"} began to say ${group.map(({ field }) => fieldTitle(field)).join(", ")}`,
        about: group.map(({ value }) => value).join(", "),
      },
    ];
  });
}
