import { Secret } from "../../src/lib/secret.ts";
import type { SourceConfig } from "../../src/model/sync-payload.ts";
import { armisSource } from "../../src/sources/armis.ts";
import type { SourceHarness, SourceHarnessOptions } from "../contract/source.ts";
import { ARMIS_SECRET } from "../fakes/armis-access.ts";
import { startArmisFake } from "../fakes/armis-server.ts";
import { createFleet } from "../fakes/fleet.ts";

/** Settings of a source that asks this address; what is given stands over the usual. */
export function armisConfig(url: string, given: Partial<SourceConfig> = {}): SourceConfig {
  return {
    name: "armis_test",
    type: "armis",
    endpoint: url,
    credentials: { secret_key: new Secret(ARMIS_SECRET) },
    queries: [],
    pollIntervalMs: 600_000,
    discoveryIntervalMs: 3_600_000,
    networkBlacklist: [],
    insecureSkipVerify: false,
    pageSize: 10,
    ...given,
  };
}

/** Ids begin here, so that nothing takes an offset for one. */
const FIRST_ID = 1_001;

/** The contract suite's view of the fake Armis. Its cursors are offsets, so no link can lead elsewhere. */
export async function armisHarness(options: SourceHarnessOptions): Promise<SourceHarness> {
  const { badRecord, devices, fault, pageSize, silentCap } = options;
  let devicesSent = 0;
  const fake = await startArmisFake({
    fleet: createFleet({ seed: 11, devices }),
    firstId: FIRST_ID,
    ...(silentCap === undefined ? {} : { lengthMax: silentCap }),
    flaw: (id) => {
      // The first row of a page is the last one of the page before; it is one device all the same.
      devicesSent = Math.max(devicesSent, id - FIRST_ID + 1);
      return id === FIRST_ID + (badRecord ?? Number.NaN) ? "id_unreadable" : undefined;
    },
    fault: ({ number, params }) => {
      const played = fault?.({ number, key: String(params.get("from")) });
      return played?.kind === "repeats" ? { kind: "from_ignored" } : played;
    },
  });
  const secret = options.isSecretWrong === true ? "wrong-armis-secret-key" : ARMIS_SECRET;
  return {
    source: armisSource,
    config: armisConfig(fake.url, { credentials: { secret_key: new Secret(secret) }, pageSize }),
    nativeIds: Array.from({ length: devices }, (_, index) =>
      index === badRecord ? `lost-${FIRST_ID + index}` : String(FIRST_ID + index),
    ),
    nativeIdOf: (device) => device.metadata["armis_device_id"] ?? "",
    devicesSent: () => devicesSent,
    pagesAhead: 1,
    [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
  };
}
