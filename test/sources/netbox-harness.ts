import { netboxSource } from "../../src/sources/netbox.ts";
import type { SourceHarness, SourceHarnessOptions } from "../contract/source.ts";
import { plainFleet } from "../fakes/netbox-fleet.ts";
import { startNetboxFake, type NetboxFakeOptions } from "../fakes/netbox-server.ts";
import type { NetboxVersion } from "../fakes/netbox-shapes.ts";
import { secrets, sourceConfig } from "../support/source-config.ts";

/** The rest are devices. */
const VMS = 13;

/** The contract suite's view of the fake NetBox. */
export async function netboxHarness(
  options: SourceHarnessOptions,
  version: NetboxVersion = "4.5",
): Promise<SourceHarness> {
  const vms = Math.min(VMS, options.devices);
  const devices = options.devices - vms;
  const fake = await startNetboxFake({
    version,
    fleet: plainFleet(devices),
    vms: plainFleet(vms, 201),
    ...fakeOptions(options),
  });
  const token = options.isSecretWrong === true ? "f".repeat(40) : fake.token;
  const { rows } = fake.stats;
  return {
    source: netboxSource,
    config: sourceConfig({
      type: "netbox",
      endpoint: fake.url,
      credentials: secrets({ api_token: token }),
      pageSize: options.pageSize,
    }),
    nativeIds: [...ids(devices, ""), ...ids(vms, "vm-")],
    nativeIdOf: ({ metadata }) => metadata["integration_id"] ?? "",
    devicesSent: () => (rows["dcim/devices"] ?? 0) + (rows["virtualization/virtual-machines"] ?? 0),
    // Three ranges, of which one is being taken; up to 3.7 a page.
    pagesAhead: version === "3.5" ? 1 : 2,
    [Symbol.asyncDispose]: fake.close,
  };
}

function fakeOptions(options: SourceHarnessOptions): Partial<NetboxFakeOptions> {
  const { silentCap, nextOrigin, badRecord, fault } = options;
  return {
    ...(silentCap === undefined ? {} : { maxPageSize: silentCap }),
    ...(nextOrigin === undefined ? {} : { linkOrigin: nextOrigin }),
    ...(badRecord === undefined ? {} : { badDevice: badRecord + 1 }),
    ...(fault === undefined
      ? {}
      : {
          fault: ({ number, path, query }) => {
            const same = new URLSearchParams(query);
            same.delete("limit");
            return fault({ number, key: `${path}?${same.toString()}` });
          },
        }),
  };
}

function ids(count: number, prefix: string): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
}
