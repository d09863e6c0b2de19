import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { formatMac, parseMac } from "../../src/model/mac.ts";
import type { Fleet, FleetDevice } from "./fleet.ts";

type Json = Readonly<Record<string, unknown>>;

/** What Armis would call the roles of the recorded inventories; its own vocabulary is larger and not public. */
const ARMIS_WORDS: Readonly<Record<string, readonly [category: string, type: string]>> = {
  server: ["Computers", "Servers"],
  router: ["Network Equipment", "Routers"],
  "access-switch": ["Network Equipment", "Switches"],
  "access-point": ["Network Equipment", "Access Points"],
  firewall: ["Network Equipment", "Firewalls"],
  pdu: ["Automations", "Power Distribution Units"],
};

/**
 * The devices of a folder of recorded NetBox pages as a fleet, in id order: same serial, name, MACs and IPs. Some
 * lack a serial or a name, one has only an IPv6 address, and all MACs are locally administered. Held in memory: the
 * recordings are 3,000 devices at most.
 */
export function readRecordedFleet(folder: string): Fleet {
  const owner = new Map<unknown, unknown>();
  const macs = new Map<unknown, string[]>();
  for (const row of rowsOf(folder, "interfaces")) {
    const device = object(row["device"])["id"];
    owner.set(row["id"], device);
    const mac = parseMac(text(row["mac_address"]));
    if (mac !== undefined) append(macs, device, formatMac(mac));
  }
  const ips = new Map<unknown, string[]>();
  for (const row of rowsOf(folder, "ip-addresses")) {
    append(ips, owner.get(row["assigned_object_id"]), text(row["address"]).replace(/\/.*/, ""));
  }
  const devices = rowsOf(folder, "devices").map((row, index) =>
    recordedDevice(row, { index, macs: macs.get(row["id"]), ips: ips.get(row["id"]) }),
  );
  return {
    size: devices.length,
    device: (index) => {
      const device = devices[index];
      if (device === undefined) throw new RangeError(`no recorded device ${index}`);
      return device;
    },
  };
}

type Found = {
  readonly index: number;
  readonly macs: string[] | undefined;
  readonly ips: string[] | undefined;
};

function recordedDevice(row: Json, { index, macs = [], ips = [] }: Found): FleetDevice {
  const type = object(row["device_type"]);
  const role = text(object(row["role"])["slug"]);
  const [category, armisType] = ARMIS_WORDS[role] ?? ["Unknown", "Unknown"];
  const os = text(object(row["platform"])["name"]);
  return {
    id: index + 1,
    name: text(row["name"]),
    serial: text(row["serial"]),
    assetTag: text(row["asset_tag"]),
    manufacturer: text(object(type["manufacturer"])["name"]),
    model: text(type["model"]),
    os,
    osName: os,
    osVersion: "",
    role,
    category,
    type: armisType,
    site: text(object(row["site"])["name"]),
    location: text(object(row["location"])["name"]),
    macs,
    ips,
    risk: 1 + (index % 10),
  };
}

function rowsOf(folder: string, list: string): readonly Json[] {
  const pages = readdirSync(folder).filter((name) => name.startsWith(`${list}-`));
  return pages.toSorted().flatMap((name) => {
    const page: unknown = JSON.parse(gunzipSync(readFileSync(join(folder, name))).toString("utf8"));
    const results = object(page)["results"];
    return Array.isArray(results) ? results.map(object) : [];
  });
}

function append(lists: Map<unknown, string[]>, key: unknown, value: string): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function object(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
