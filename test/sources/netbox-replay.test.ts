import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

import { netboxSource } from "../../src/sources/netbox.ts";
import type { SourceDevice } from "../../src/sources/source.ts";
import { startNetboxReplay } from "../fakes/netbox-replay-server.ts";
import { pull } from "../support/pull.ts";
import { secrets, sourceConfig } from "../support/source-config.ts";

const RECORDED = fileURLToPath(new URL("../recorded", import.meta.url));
/** Of the rows on file; the 4.5 recording is the beginning of a larger inventory. */
const COUNTS = {
  "netbox-4.5.10": { devices: 2_000, vms: 0, macs: 4_000, ips: 4_000 },
  "netbox-4.6.8": { devices: 2_999, vms: 100, macs: 5_998, ips: 5_998 },
};

type Row = {
  readonly id: number;
  readonly serial?: string;
  readonly device?: { readonly id: number };
  readonly mac_address?: string;
  readonly address?: string;
  readonly assigned_object_id?: number;
};

for (const [name, counts] of Object.entries(COUNTS)) {
  test(`${name}: what a real server said comes whole, each MAC and address with its device`, async () => {
    const folder = join(RECORDED, name);
    await using replay = await startNetboxReplay({ folder });
    const credentials = secrets({ api_token: replay.token });
    const config = sourceConfig({ type: "netbox", endpoint: replay.url, credentials });
    const { devices, rejected } = await pull(netboxSource, config);
    const real = devices.filter(({ metadata }) => metadata["netbox_device_id"] !== undefined);
    assert.deepEqual(rejected, []);
    assert.equal(real.length, counts.devices);
    assert.equal(devices.length - real.length, counts.vms);
    assert.equal(joined(real, "all_macs").length, counts.macs);
    assert.equal(joined(real, "all_ips").length, counts.ips);
    assert.deepEqual(joined(real, "all_macs"), expected(folder, "mac-addresses"));
    assert.deepEqual(joined(real, "all_ips"), expected(folder, "ip-addresses"));
    assert.deepEqual(serials(real), serialsOf(folder));
  });
}

/** "device id: value" for each value that a device got. */
function joined(devices: readonly SourceDevice[], key: string): readonly string[] {
  const pairs = devices.flatMap(({ metadata }) =>
    (metadata[key] ?? "").split(",").map((value) => `${metadata["netbox_device_id"]}: ${value}`),
  );
  return pairs.toSorted();
}

/** The same from the files, by the assignments of the addresses themselves. */
function expected(folder: string, list: "mac-addresses" | "ip-addresses"): readonly string[] {
  const known = new Set(rowsOf(folder, "devices").map(({ id }) => id));
  const owners = new Map(rowsOf(folder, "interfaces").map((row) => [row.id, row.device?.id]));
  const pairs = rowsOf(folder, list).flatMap((row) => {
    const owner = owners.get(row.assigned_object_id ?? 0);
    const value = row.mac_address ?? row.address?.replace(/\/.*/, "");
    return owner !== undefined && known.has(owner) ? [`${owner}: ${value}`] : [];
  });
  return pairs.toSorted();
}

function serials(devices: readonly SourceDevice[]): readonly string[] {
  return devices.flatMap(({ metadata }) => metadata["serial"] ?? []).toSorted();
}

function serialsOf(folder: string): readonly string[] {
  const texts = rowsOf(folder, "devices").map(({ serial }) => serial ?? "");
  return texts.filter((text) => text !== "").toSorted();
}

function rowsOf(folder: string, list: string): readonly Row[] {
  const files = readdirSync(folder).filter((file) => file.startsWith(`${list}-`));
  return files.toSorted().flatMap((file) => {
    const text = gunzipSync(readFileSync(join(folder, file))).toString("utf8");
    return (JSON.parse(text) as { readonly results: readonly Row[] }).results;
  });
}
