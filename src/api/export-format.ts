/** How exported devices are written. Pure. */
import type { z } from "@hono/zod-openapi";

import type { deviceSchema } from "./contract-devices.ts";
import type { EXPORT_FORMATS } from "./page.ts";

/** A device as lists show it. */
export type ExportedDevice = z.infer<typeof deviceSchema>;

type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** A way of writing devices, part by part. */
export interface ExportWriter {
  readonly contentType: string;
  readonly extension: string;
  readonly head: string;
  /** `isFirst`: nothing was written before. */
  readonly page: (devices: readonly ExportedDevice[], isFirst: boolean) => string;
  readonly tail: string;
}

/** Columns of CSV, in this order; lists are joined by a blank, tags stand as "key=value key". */
const COLUMNS = [
  "id",
  "hostname",
  "ip",
  "mac",
  "type",
  "vendor_name",
  "model",
  "serial",
  "os",
  "os_version",
  "site",
  "owner",
  "partition",
  "is_available",
  "is_managed",
  "is_trusted",
  "is_compliant",
  "is_provisional",
  "risk_level",
  "risk_score",
  "sources",
  "source_types",
  "tags",
  "records",
  "first_seen",
  "last_seen",
  "deleted_at",
  "deleted_reason",
] as const satisfies readonly (keyof ExportedDevice)[];

/** What spreadsheets take for a formula (OWASP, "CSV Injection"); a MAC or a name may begin so. */
const FORMULA = /^[=+\-@\t\r]/;
const NEEDS_QUOTES = /[",\r\n]/;

/** A cell as RFC 4180 has it, which no spreadsheet runs. */
export function csvCell(value: unknown): string {
  const text = Array.isArray(value) ? value.join(" ") : textOf(value);
  const safe = typeof value !== "number" && FORMULA.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function cellOf(device: ExportedDevice, column: (typeof COLUMNS)[number]): unknown {
  if (column !== "tags") return device[column];
  return Object.entries(device.tags).map(([key, value]) =>
    value === "" ? key : `${key}=${value}`,
  );
}

const csvLine = (cells: readonly unknown[]): string => `${cells.map(csvCell).join(",")}\r\n`;

/** A device as an object of OCSF 1.7.0, "device" (schema.ocsf.io); members without a value are absent. */
function ocsfOf(device: ExportedDevice): Readonly<Record<string, unknown>> {
  return {
    uid: device.id,
    type_id: device.type_id,
    type: device.type ?? "Unknown",
    name: device.hostname ?? device.ip,
    hostname: device.hostname,
    ip: device.ip,
    mac: device.mac,
    vendor_name: device.vendor_name,
    model: device.model,
    zone: device.partition,
    first_seen_time: device.first_seen,
    last_seen_time: device.last_seen,
    risk_level_id: device.risk_level_id,
    risk_level: device.risk_level,
    risk_score: device.risk_score === undefined ? undefined : Math.round(device.risk_score),
    is_managed: device.is_managed,
    is_compliant: device.is_compliant,
    is_trusted: device.is_trusted,
    os: device.os === undefined ? undefined : { name: device.os, version: device.os_version },
    hw_info: device.serial === undefined ? undefined : { serial_number: device.serial },
    owner: device.owner === undefined ? undefined : { name: device.owner },
    tags: tagsOf(device),
  };
}

/** As OCSF has them: objects of a name and a value. */
function tagsOf({ tags }: ExportedDevice): readonly object[] | undefined {
  const all = Object.entries(tags).map(([name, value]) => ({ name, value }));
  return all.length === 0 ? undefined : all;
}

/** The envelope that the original's export has. */
const OCSF_HEAD =
  '{"ocsf_version":"1.7.0","class_uid":5001,"class_name":"Device Inventory Info","devices":[';

/** The writer of each format. */
export const EXPORT_WRITERS: Readonly<Record<ExportFormat, ExportWriter>> = {
  csv: {
    contentType: "text/csv; charset=utf-8",
    extension: "csv",
    head: csvLine(COLUMNS),
    page: (devices) =>
      devices.map((device) => csvLine(COLUMNS.map((column) => cellOf(device, column)))).join(""),
    tail: "",
  },
  ndjson: {
    contentType: "application/x-ndjson",
    extension: "ndjson",
    head: "",
    page: (devices) => devices.map((device) => `${JSON.stringify(device)}\n`).join(""),
    tail: "",
  },
  ocsf: {
    contentType: "application/json",
    extension: "json",
    head: OCSF_HEAD,
    page: (devices, isFirst) => {
      const text = devices.map((device) => JSON.stringify(ocsfOf(device))).join(",\n");
      return isFirst || text === "" ? text : `,\n${text}`;
    },
    tail: "]}\n",
  },
};
