import assert from "node:assert/strict";
import { test } from "node:test";

import { createIdentityFleet } from "./identity-fleet.ts";
import type { Delivered } from "./observe.ts";
import { MODES, type Mode } from "./tags.ts";

type Line = Delivered & { readonly instance: string; readonly day: number; readonly nth: number };

const lines: readonly Line[] = [
  ...createIdentityFleet({ seed: 21, devices: 1_500 }).batches(),
].flatMap(({ delivered, instance, day }) =>
  delivered.map((line, nth) => ({ ...line, instance: instance.name, day, nth })),
);
const byDevice = Map.groupBy(lines, ({ device }) => device.no);

/** Values that a line gives, each with what it is and where it counts. */
type Read = (line: Line) => readonly (string | undefined)[];

const from =
  (source: string, read: Read): Read =>
  (line) =>
    line.update.source === source ? read(line) : [];
const macs: Read = ({ update }) =>
  [update.mac, update.metadata["all_macs"]].flatMap((m) => m?.split(",") ?? []);
const ip: Read = ({ update }) => [update.ip];
const host: Read = ({ update }) => [update.hostname?.split(".")[0]?.toLowerCase()];
const serial: Read = ({ update }) => [update.metadata["serial"]];
const armisId: Read = ({ update }) => [update.metadata["armis_device_id"]];
const integrationId: Read = ({ update }) => [update.metadata["integration_id"]];
const today =
  (read: Read): Read =>
  (line) =>
    read(line).map((value) => value && `${line.update.timestamp.slice(0, 10)} ${value}`);
const inInstance =
  (read: Read): Read =>
  (line) =>
    read(line).map((value) => value && `${line.instance} ${value}`);

/** Different values of the device's lines. */
function values(own: readonly Line[], read: Read): ReadonlySet<string> {
  return new Set(own.flatMap(read).flatMap((value) => value || []));
}

const holders = new Map<Read, ReadonlyMap<string, ReadonlySet<string>>>();

/** Most devices, this one included, that have one of its values; a value counts in its own partition only. */
function sharers(own: readonly Line[], read: Read): number {
  const index = holders.get(read) ?? indexOf(read);
  holders.set(read, index);
  const { partition } = own[0]?.device ?? { partition: "" };
  const counts = [...values(own, read)].map((v) => index.get(`${partition} ${v}`)?.size ?? 0);
  return Math.max(0, ...counts);
}

function indexOf(read: Read): ReadonlyMap<string, ReadonlySet<string>> {
  const index = new Map<string, Set<string>>();
  for (const line of lines) {
    for (const value of values([line], read)) {
      const key = `${line.device.partition} ${value}`;
      index.set(key, (index.get(key) ?? new Set()).add(String(line.device.no)));
    }
  }
  return index;
}

const armisMacs = from("armis", macs);
const armisMacsToday = today(armisMacs);
const ipToday = today(ip);
const pollers = from("mapper", ({ update }) => [update.agent_id]);
const mapperMacs = from("mapper", macs);
const netboxIds = inInstance(from("netbox", integrationId));
const anyIds = integrationId;
const publicIps: Read = ({ update }) => [
  update.ip?.startsWith("203.0.113.") ? update.ip : undefined,
];

const VIRTUAL_ROUTER = /^(00:00:5E:00:01|00:00:0C:07:AC|00:07:B4:00:01|00:00:0C:9F:F0)/;
const RANDOM = /^.[26AE]:/;

function some(own: readonly Line[], read: Read, pattern: RegExp): boolean {
  return [...values(own, read)].some((value) => pattern.test(value));
}

function isRepeated(own: readonly Line[], read: Read): boolean {
  return values(own, read).size > 1;
}

/** What shows in the lines of a device with that mode. */
const SIGNS: Readonly<Record<Mode, (own: readonly Line[]) => boolean>> = {
  dock_mac: (own) => sharers(own, armisMacsToday) > 1,
  chain_glue: (own) => sharers(own, armisMacs) > 1 && sharers(own, armisMacsToday) === 1,
  merge_then_split: (own) => sharers(own, macs) > 1,
  chimera_record: (own) => sharers(own, armisId) > 1,
  vrrp_mac: (own) => some(own, macs, VIRTUAL_ROUTER),
  docker_mac: (own) => some(own, macs, /^02:42:AC:11:00:02$/),
  proxy_arp: (own) => sharers(own, armisMacs) > 1,
  vm_clone: (own) => sharers(own, serial) > 1,
  random_mac: (own) => some(own, macs, RANDOM) && isRepeated(own, armisMacs),
  random_mac_newid: (own) => some(own, macs, RANDOM) && isRepeated(own, armisId),
  dhcp_churn: (own) => isRepeated(own, ip) && sharers(own, ip) > 1,
  partition_overlap: (own) => elsewhere(own, ip) || elsewhere(own, serial),
  multi_nic: (own) =>
    values(own, from("armis", ip)).isDisjointFrom(values(own, from("netbox", ip))),
  multi_nic_split: (own) => values(own, armisId).size === 2,
  dual_armis: (own) => values(own, armisId).size === 2,
  nic_replace: (own) => isRepeated(own, armisMacs),
  board_replace: (own) => isRepeated(own, serial) || isRepeated(own, armisMacs),
  hostname_reuse: (own) => sharers(own, host) === 2,
  hostname_generic: (own) => sharers(own, host) > 2,
  hostname_divergent: (own) => isRepeated(own, host),
  junk_serial: (own) => sharers(own, serial) > 1 || some(own, serial, /^(0|None|N\/A)$/),
  bad_mac: (own) => sharers(own, macs) > 1 || some(own, macs, /^(00:00:00|FF:FF|01:00:5E)/),
  source_id_reuse: (own) => sharers(own, netboxIds) > 1,
  source_id_collision: (own) => sharers(own, anyIds) > 1,
  instance_collision: (own) => sharers(own, anyIds) > 1,
  rebirth: (own) => values(own, armisId).size === 2,
  source_conflict: (own) => sharers(own, macs) > 1,
  typo: (own) => !values(own, from("servicenow", serial)).has(own[0]?.device.base.serial ?? ""),
  source_duplicate: (own) =>
    values(own, from("servicenow", integrationId)).size === 2 || values(own, netboxIds).size === 2,
  late_update: (own) => own.some((line) => eventDay(line) < line.day),
  redelivered: (own) => new Set(own.map((line) => JSON.stringify(line.update))).size < own.length,
  polling_agent: (own) => values(own, pollers).difference(COLLECTORS).size > 0,
  missing_host: (own) => values(own, from("armis", host)).size === 0,
  ip_only: (own) => own.every((line) => line.update.source === "sweep"),
  ipv6: (own) => some(own, ip, /:/),
  nat_site: (own) => sharers(own, publicIps) > 1,
  mid_day_lease: (own) => sharers(own, ipToday) > 1,
  mlag_mac: (own) => sharers(own, mapperMacs) > 1,
  cluster_vip: (own) => isRepeated(own, ip),
};

const COLLECTORS: ReadonlySet<string> = new Set(
  [...new Set(lines.map(({ device }) => device.partition))].map((name) => `collector-${name}`),
);

function eventDay({ update }: Line): number {
  return Math.floor((Date.parse(update.timestamp) - Date.UTC(2026, 2, 2)) / 86_400_000);
}

/** Some device of another partition has one of the values. */
function elsewhere(own: readonly Line[], read: Read): boolean {
  const mine = values(own, read);
  const { partition } = own[0]?.device ?? { partition: "" };
  return lines.some(
    (line) => line.device.partition !== partition && !mine.isDisjointFrom(values([line], read)),
  );
}

/** The rest are devices that no system happened to see at the moments that matter. */
const SHOWING_MIN = 0.6;

for (const mode of MODES) {
  test(`what ${mode} stands for shows in the updates of its devices`, () => {
    const struck = [...byDevice.values()].filter((own) => own[0]?.device.modes.has(mode));
    const showing = struck.filter(SIGNS[mode]).length;
    assert.ok(struck.length > 0);
    assert.ok(showing >= struck.length * SHOWING_MIN, `${showing} of ${struck.length} devices`);
  });
}
