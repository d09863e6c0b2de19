/** How operators' decisions, and what they change, are written for people. Pure. */
import type { z } from "@hono/zod-openapi";

import type { assertionSchema, outcomeSchema } from "../api/contract-assertions.ts";
import { formatMac, type Mac } from "../model/mac.ts";
import { sectionLines, tableLines, plain, type Column } from "./table.ts";
import { agoText, countOf } from "./wording.ts";

type Assertion = z.infer<typeof assertionSchema>;
type AssertedRecord = Assertion["records"][number];
type Outcome = z.infer<typeof outcomeSchema>;

/** Records of one side that are named; a device may have two dozen. */
const NAMED_MAX = 3;

/** The columns of a list of assertions. */
export function assertionColumns(nowMs: number): readonly Column<Assertion>[] {
  return [
    { title: "NO", text: (row) => String(row.assertion_no), isNumber: true },
    { title: "WHAT", text: assertionText },
    { title: "BY", text: ({ made }) => made.by },
    { title: "MADE", text: ({ made }) => agoText(made.at, nowMs) },
    { title: "REASON", text: ({ made }) => made.reason, maxChars: 60 },
    {
      title: "REVOKED",
      text: ({ revoked }) => revoked && `${agoText(revoked.at, nowMs)} by ${revoked.by}`,
    },
  ];
}

/** An assertion in one sentence. */
function assertionText(assertion: Assertion): string {
  const { kind, records, value_type: type, value, field, partition } = assertion;
  const side = (no: number): string => recordsText(records.filter((one) => one.side === no));
  if (kind === "must_link") return `${side(1)} and ${side(2)} are one device`;
  if (kind === "cannot_link") return `${side(1)} and ${side(2)} are never one device`;
  if (kind === "lock_field") return `${field} of ${side(1)} is "${value}"`;
  const what = `${type} ${value} in ${partition}`;
  return kind === "block_value" ? `${what} says nothing` : `${what} may join, though contested`;
}

function recordsText(records: readonly AssertedRecord[]): string {
  const named = records.slice(0, NAMED_MAX).map(recordText);
  const more = records.length - named.length;
  return more > 0 ? `${named.join(", ")} and ${more} more` : named.join(", ");
}

/** A record as its source calls it: "netbox_dc1/42". */
export function recordText(record: {
  readonly source: string;
  readonly native_id: string;
}): string {
  return `${record.source}/${record.native_id}`;
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  serial: "serial",
  virtualSerial: "serial of a virtual machine",
  asset: "asset tag",
  mac: "MAC",
  localMac: "random MAC",
  host: "name",
  formerHost: "name at different times",
  address: "IP for days",
  briefAddress: "IP for a day or two",
  contested: "contested value",
  model: "model",
  vendor: "vendor",
};

/** One piece of evidence: "serial FCW2133L0AB +12", "name alpha / beta -5". */
export function evidenceText({
  type,
  value,
  points,
}: {
  readonly type: string;
  readonly value: string;
  readonly points: number;
}): string {
  const isMac = type === "mac" || type === "localMac";
  const shown = isMac ? value.replace(/[0-9A-F]{12}/g, (mac) => formatMac(mac as Mac)) : value;
  return `${TYPE_WORDS[type] ?? type} ${shown} ${points > 0 ? "+" : ""}${points}`;
}

/** What an act changed, or would change. */
export function outcomeLines(
  { is_rehearsal: isRehearsal, is_pending: isPending, made, revoked, moves, devices }: Outcome,
  session: { readonly commandLine: (words: string) => string },
): readonly string[] {
  const [would, will] = isRehearsal ? ["would be ", "Nothing was changed; this"] : ["", "This"];
  return [
    ...made.map((one) => plain(`Decision ${one.assertion_no} ${would}made: ${assertionText(one)}`)),
    ...revoked.map((one) =>
      plain(`Decision ${one.assertion_no} ${would}taken back: ${assertionText(one)}`),
    ),
    ...(moves.length === 0 && !isPending ? ["No record changes its device."] : []),
    ...(isPending
      ? [
          "Not all is published yet: very many records are concerned, or a hold keeps some of them waiting.",
        ]
      : []),
    ...moveLines(moves, isRehearsal),
    ...deviceLines(devices),
    ...(isRehearsal
      ? ["", `${will} is what it would do. Leave out --dry-run to do it.`]
      : undoLines(made, session)),
  ];
}

function moveLines(moves: Outcome["moves"], isRehearsal: boolean): readonly string[] {
  if (moves.length === 0) return [];
  const title = `${countOf(moves.length, "record")} ${isRehearsal ? "would change" : "changed"} device`;
  return sectionLines(
    title,
    tableLines(
      [
        { title: "RECORD", text: ({ record }) => recordText(record), maxChars: 60 },
        { title: "FROM", text: (move) => move.from_id },
        { title: "TO", text: (move) => move.to_id },
      ],
      moves,
    ),
  );
}

function deviceLines(devices: Outcome["devices"]): readonly string[] {
  if (devices.length === 0) return [];
  return sectionLines(
    "Devices",
    tableLines(
      [
        { title: "DEVICE", text: ({ id }) => id },
        { title: "HOSTNAME", text: ({ hostname }) => hostname, maxChars: 40 },
        { title: "BEFORE", text: (row) => recordCount(row.records_before) },
        { title: "AFTER", text: (row) => recordCount(row.records_after) },
      ],
      devices,
    ),
  );
}

function recordCount(count: number): string {
  return count === 0 ? "none" : countOf(count, "record");
}

function undoLines(
  made: readonly Assertion[],
  session: { readonly commandLine: (words: string) => string },
): readonly string[] {
  const undo = (no: number): string => session.commandLine(`devices assertions revoke ${no}`);
  return made.length === 0 ? [] : ["", ...made.map((one) => `Undo: ${undo(one.assertion_no)}`)];
}
