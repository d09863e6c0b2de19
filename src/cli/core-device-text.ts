/** How devices are written for people. Pure. */
import type { z } from "@hono/zod-openapi";

import type { deviceDetailSchema, deviceSchema } from "../api/contract-devices.ts";
import { pairLines, plain, sectionLines, tableLines, type Column } from "./table.ts";
import { agoText, countOf, countText, timeText } from "./wording.ts";

type Device = z.infer<typeof deviceSchema>;
type Detail = z.infer<typeof deviceDetailSchema>;

/** The columns of a list of devices. */
export function deviceColumns(nowMs: number): readonly Column<Device>[] {
  return [
    { title: "DEVICE", text: (device) => device.id },
    { title: "HOSTNAME", text: (device) => device.hostname, maxChars: 40 },
    { title: "IP", text: (device) => device.ip },
    { title: "TYPE", text: (device) => device.type },
    { title: "MODEL", text: modelText, maxChars: 40 },
    { title: "SOURCES", text: (device) => device.sources.join(", "), maxChars: 40 },
    { title: "PARTITION", text: (device) => device.partition },
    { title: "LAST SEEN", text: (device) => agoText(device.last_seen, nowMs) },
    { title: "STATE", text: stateText },
    { title: "AVAILABLE", text: availableText },
  ];
}

/** Vendor and model; many sources begin the model with the vendor. */
function modelText({ vendor_name: vendor = "", model = "" }: Device): string {
  const isNamed = model.toLowerCase().startsWith(`${vendor} `.toLowerCase());
  return isNamed ? model : [vendor, model].filter(Boolean).join(" ");
}

function stateText(device: Device): string {
  if (device.deleted_at !== undefined) return "deleted";
  return device.is_provisional ? "provisional" : "active";
}

/** Whether sources reach it; undefined where none says. */
function availableText({ is_available: isAvailable }: Device): string | undefined {
  if (isAvailable === undefined) return undefined;
  return isAvailable ? "yes" : "no";
}

/** Everything of one device. */
export function deviceLines(
  device: Detail,
  { nowMs, withPayload }: { readonly nowMs: number; readonly withPayload: boolean },
): readonly string[] {
  return [
    `${device.id}  ${plain(device.hostname ?? device.ip ?? device.mac ?? "")}`.trimEnd(),
    ...(device.requested_id === undefined
      ? []
      : [`  ${plain(device.requested_id)} is a former id of it`]),
    ...pairLines([
      ["  state", stateText(device)],
      ["  available", availableText(device)],
      ["  partition", device.partition],
      ["  type", device.type && `${device.type} (OCSF ${device.type_id})`],
      ["  risk", riskText(device)],
      ["  classified", classifiedText(device)],
      ["  MACs", device.network_interfaces.flatMap(({ mac }) => mac ?? []).join(", ")],
      ["  tags", tagsText(device)],
      ["  sources", device.sources.join(", ")],
      ["  first seen", timeText(device.first_seen)],
      ["  last seen", `${timeText(device.last_seen)} (${agoText(device.last_seen, nowMs)})`],
      ["  provisional until", device.promoted_at && timeText(device.promoted_at)],
      [
        "  deleted",
        device.deleted_at && `${timeText(device.deleted_at)} by ${device.deleted_reason}`,
      ],
    ]),
    ...sectionLines("Fields: whose value stands, and what others say", fieldLines(device, nowMs)),
    ...sectionLines(`Records (${countText(device.records)})`, recordLines(device, nowMs)),
    ...(device.evidence_left_off === 0
      ? []
      : [`  and ${countText(device.evidence_left_off)} more that are not shown`]),
    ...addressLines(device, nowMs),
    ...(withPayload ? payloadLines(device) : []),
    ...historyLines(device),
  ];
}

function riskText({ risk_level: level, risk_score: score }: Device): string | undefined {
  if (level === undefined) return score === undefined ? undefined : String(score);
  return score === undefined ? level : `${level} (${score})`;
}

function classifiedText({ classification: by }: Device): string | undefined {
  if (by === undefined) return undefined;
  return `by rule ${by.rule_id} (${by.source}, confidence ${by.confidence}): ${plain(by.reason)}`;
}

function fieldLines({ fields }: Detail, nowMs: number): readonly string[] {
  if (fields.length === 0) return ["No source says anything of it."];
  return tableLines(
    [
      { title: "FIELD", text: (row) => row.field },
      { title: "VALUE", text: (row) => row.value, maxChars: 60 },
      { title: "FROM", text: fromText },
      { title: "SINCE", text: (row) => agoText(row.since ?? row.locked_by?.since, nowMs) },
      { title: "OTHERS", text: othersText },
    ],
    fields,
  );
}

function fromText({ source, rule, expired, locked_by: lock }: Detail["fields"][number]): string {
  if (lock !== undefined) return `locked by ${lock.actor}`;
  const by = rule === undefined ? "" : `, rule ${rule}`;
  return `${source ?? ""}${by}${expired === true ? " (missed by its source)" : ""}`;
}

/** Who says the same, then what else is said and by whom. */
function othersText({ value, losers }: Detail["fields"][number]): string {
  const said = Map.groupBy(losers, (loser) => loser.value);
  const same = said.get(value) ?? [];
  const others = [...said].filter(([text]) => text !== value);
  return [
    ...(same.length === 0 ? [] : [`same: ${sourcesOf(same)}`]),
    ...others.map(([text, by]) => `"${text}": ${sourcesOf(by)}`),
  ].join("; ");
}

function sourcesOf(candidates: readonly { readonly source: string }[]): string {
  return [...new Set(candidates.map(({ source }) => source))].join(", ");
}

function recordLines({ evidence }: Detail, nowMs: number): readonly string[] {
  return tableLines(
    [
      { title: "SOURCE", text: (row) => row.source },
      { title: "KIND", text: (row) => row.kind },
      { title: "ID THERE", text: (row) => row.native_id, maxChars: 60 },
      { title: "FIRST SEEN", text: (row) => timeText(row.first_seen) },
      { title: "LAST SEEN", text: (row) => agoText(row.last_seen, nowMs) },
      { title: "NOW", text: (row) => nowText(row, nowMs) },
    ],
    evidence,
  );
}

function nowText(row: Detail["evidence"][number], nowMs: number): string {
  if (row.is_former) return "speaks of another device";
  if (row.retracted_at !== undefined) return `retracted ${agoText(row.retracted_at, nowMs)}`;
  return row.missed_runs === 0 ? "stands" : `missed by ${countOf(row.missed_runs, "run")}`;
}

function tagsText({ tags }: Detail): string {
  return Object.entries(tags)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => (value === "" ? key : `${key}=${value}`))
    .join(", ");
}

function addressLines({ addresses }: Detail, nowMs: number): readonly string[] {
  if (addresses.length === 0) return [];
  return sectionLines(
    "Addresses, by the days on which it was seen with them",
    tableLines(
      [
        { title: "KIND", text: (row) => row.type },
        { title: "VALUE", text: (row) => row.value, maxChars: 60 },
        { title: "STATE", text: (row) => row.state },
        { title: "DAYS", text: (row) => String(row.days), isNumber: true },
        { title: "LAST", text: (row) => agoText(row.last_seen, nowMs) },
      ],
      addresses,
    ),
  );
}

function payloadLines({ evidence }: Detail): readonly string[] {
  return evidence
    .filter(({ is_former: isFormer }) => !isFormer)
    .flatMap(({ source, kind, native_id: native, payload }) =>
      sectionLines(
        `What ${plain(source)} sent of ${kind} ${plain(native)}`,
        JSON.stringify(payload, undefined, 2).split("\n").map(plain),
      ),
    );
}

function historyLines({ aliases, merges }: Detail): readonly string[] {
  return [
    ...(aliases.length === 0
      ? []
      : sectionLines(
          "Former ids, which lead here",
          tableLines(
            [
              { title: "ID", text: (row) => row.id },
              { title: "SINCE", text: (row) => timeText(row.since) },
              { title: "REASON", text: (row) => row.reason },
            ],
            aliases,
          ),
        )),
    ...(merges.length === 0
      ? []
      : sectionLines(
          "Merges",
          tableLines(
            [
              { title: "WHEN", text: (row) => timeText(row.at) },
              { title: "FROM", text: (row) => row.from_id },
              { title: "INTO", text: (row) => row.to_id },
              { title: "REASON", text: (row) => row.reason },
            ],
            merges,
          ),
        )),
  ];
}
