/** How rehearsals are written for people. Pure. */
import type { z } from "@hono/zod-openapi";

import type { rehearsalChangeSchema, rehearsalSchema } from "../api/contract-dire.ts";
import type { ChangeKind } from "../dire/rehearsal-change.ts";
import { formatBytes } from "../lib/bytes.ts";
import type { TenantSession } from "./core-session.ts";
import { pairLines, plain, sectionLines, tableLines, type Column } from "./table.ts";
import { agoText, countOf, countText, durationText } from "./wording.ts";

type Rehearsal = z.infer<typeof rehearsalSchema>;
type Change = z.infer<typeof rehearsalChangeSchema>;

/** A list of rehearsals. */
export function rehearsalTable(
  { rehearsals, next }: { readonly rehearsals: readonly Rehearsal[]; readonly next?: string },
  session: TenantSession,
): readonly string[] {
  if (rehearsals.length === 0) {
    const line = session.commandLine("rehearse --source SOURCE FILE...");
    return [`No rehearsals; make one with: ${line}`];
  }
  const nowMs = session.context.clock.now();
  const promised = (
    title: string,
    read: (r: Rehearsal) => number | undefined,
  ): Column<Rehearsal> => ({
    title,
    text: (r) => {
      const count = read(r);
      return count === undefined ? undefined : countText(count);
    },
    isNumber: true,
  });
  const lines = tableLines(
    [
      { title: "REHEARSAL", text: (r) => String(r.rehearsal_no), isNumber: true },
      { title: "SOURCE", text: (r) => r.source },
      { title: "STATE", text: (r) => r.state },
      { title: "MADE", text: (r) => agoText(r.created_at, nowMs) },
      { title: "BY", text: (r) => r.actor },
      promised("CREATES", (r) => r.promise?.devices_created),
      promised("UPDATES", (r) => r.promise?.devices_updated),
      promised("MERGES", (r) => r.promise?.devices_merged),
      promised("CONFLICTS", (r) => r.promise?.conflicts),
      promised("RETRACTIONS", (r) => r.promise?.retractions),
      { title: "ERROR", text: (r) => r.error, maxChars: 100 },
    ],
    rehearsals,
  );
  return next === undefined ? lines : [...lines, "", `More: --after ${next}`];
}

/** One rehearsal. */
export function rehearsalLines(rehearsal: Rehearsal, session: TenantSession): readonly string[] {
  const { promise } = rehearsal;
  const nowMs = session.context.clock.now();
  const head = [
    `Rehearsal ${rehearsal.rehearsal_no} of source ${plain(rehearsal.source)}: ${rehearsal.state}`,
    ...pairLines([
      ["  error", rehearsal.error],
      ["  made", `${agoText(rehearsal.created_at, nowMs) ?? ""} by ${rehearsal.actor}`],
      ["  recorded", `${formatBytes(rehearsal.bytes)} in ${countOf(rehearsal.chunks, "chunk")}`],
      ["  took", promise && durationText(promise.took_ms)],
    ]),
  ];
  if (promise === undefined) return head;
  const rejected = Object.entries(promise.rejected_by);
  return [
    ...head,
    ...sectionLines("A complete run of these updates would", promiseLines(promise)),
    ...(rejected.length === 0
      ? []
      : sectionLines(
          "Rejected because",
          pairLines(rejected.map(([reason, count]) => [countText(count), reason])),
        )),
    "",
    `Nothing was changed. Which ones: ${session.commandLine(`rehearsals get ${rehearsal.rehearsal_no} --kind merge`)}`,
  ];
}

function promiseLines(promise: NonNullable<Rehearsal["promise"]>): readonly string[] {
  const alone = countOf(promise.devices_retracted, "device");
  return pairLines([
    ["create", countOf(promise.devices_created, "device")],
    ["update", countOf(promise.devices_updated, "device")],
    ["merge away", countOf(promise.devices_merged, "device")],
    [
      "claim",
      countOf(promise.addresses_claimed, "bare address").replace(/address(e?)s$/, "addresses"),
    ],
    ["meet", countOf(promise.conflicts, "conflict")],
    [
      "find absent",
      `${countText(promise.retractions)} of ${countOf(promise.records_before, "record")} of the source; ${alone} stand on these alone`,
    ],
    [
      "from",
      `${countText(promise.entries)} entries: ${countText(promise.created)} new records, ${countText(promise.changed)} changed, ${countText(promise.unchanged)} unchanged, ${countText(promise.rejected)} rejected`,
    ],
  ]);
}

/** Changes of one kind. */
export function changeLines(
  { changes, next }: { readonly changes: readonly Change[]; readonly next?: string },
  kind: ChangeKind,
): readonly string[] {
  if (changes.length === 0) return [`No change of kind ${kind}.`];
  const lines = tableLines(COLUMNS[kind], changes);
  return next === undefined ? lines : [...lines, "", `More: --after ${next}`];
}

const device: readonly Column<Change>[] = [
  { title: "DEVICE", text: (change) => change.id },
  { title: "HOSTNAME", text: (change) => change.hostname, maxChars: 40 },
];
const COLUMNS: Readonly<Record<ChangeKind, readonly Column<Change>[]>> = {
  create: [...device, { title: "IP", text: ({ ip }) => ip }],
  update: [...device, { title: "CHANGES", text: fieldsText, maxChars: 120 }],
  merge: [
    { title: "DEVICE", text: ({ id }) => id },
    { title: "BECOMES", text: ({ to_id: to }) => to },
    { title: "HOSTNAME", text: ({ hostname }) => hostname, maxChars: 40 },
    { title: "REASON", text: ({ reason }) => reason },
  ],
  conflict: [
    { title: "CONFLICT", text: ({ reason }) => reason },
    { title: "OF", text: conflictText },
    { title: "VALUE", text: ({ value }) => value, maxChars: 100 },
  ],
  retraction: [
    { title: "RECORD", text: (change) => countText(change.record_no ?? 0), isNumber: true },
    { title: "KIND", text: (change) => change.kind },
    { title: "NATIVE ID", text: (change) => change.native_id, maxChars: 40 },
    { title: "DEVICE GOES", text: (change) => (change.device_goes === true ? change.id : "no") },
    { title: "HOSTNAME", text: (change) => change.hostname, maxChars: 40 },
  ],
};

function conflictText({
  record_no: one,
  other_record_no: other,
  value_type: type,
}: Change): string {
  return other === undefined ? (type ?? "") : `records ${one ?? ""} and ${other}`;
}

function fieldsText({ fields = [] }: Change): string {
  return fields
    .map(({ field, before, after }) => `${field}: ${shown(before)} -> ${shown(after)}`)
    .join("; ");
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return "-";
  return typeof value === "string" ? value : JSON.stringify(value);
}
