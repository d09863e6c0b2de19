import type { DeviceState } from "../world/device.ts";
import type { SourceRecord, View } from "../world/record.ts";

/** What every system reports alike, as far as the record's traits let it. */
export function plainView({ native, traits }: SourceRecord, state: DeviceState): View {
  return {
    native,
    host: traits.host ? state.host : undefined,
    ip: traits.ip ? state.ip : undefined,
    macs: traits.macs === "none" ? [] : state.macs.slice(0, traits.macs === "one" ? 1 : undefined),
    allMacs: traits.allMacs ? state.macs : [],
    allIps: [],
    serial: traits.serial ? state.serial : undefined,
    asset: traits.asset ? state.asset : undefined,
    manufacturer: state.manufacturer,
    model: state.model,
    os: state.os,
    extra: {},
  };
}
