import type { SourceStyle } from "../world/record.ts";
import { plainView } from "./plain-view.ts";

/** SNMP polls of network devices: no id of its own, a MAC it vouches for more often than not, sysName as name. */
export const MAPPER: SourceStyle = {
  watches: true,
  deal: (_state, chance) => ({
    host: true,
    ip: true,
    serial: false,
    asset: false,
    macs: chance(0.9) ? "one" : "none",
    allMacs: false,
  }),
  describe: (record, state) => ({
    ...plainView(record, state),
    model: undefined,
    os: undefined,
    extra: {
      ...(record.traits.macs === "none" ? {} : { identity_mac_kind: macKind(record.no) }),
      sys_descr: `${state.manufacturer} ${state.model} ${state.os}`.trim(),
      sys_object_id: ".1.3.6.1.4.1.9.1.2494",
    },
  }),
  metadata: ({ host }) => ({ sys_name: host }),
};

/** One poll in eight reads the MAC of some interface, which is no identity. */
function macKind(recordNo: number): string {
  const kinds = ["primary", "management", "chassis", "primary", "management", "chassis", "primary"];
  return kinds[recordNo % 8] ?? "interface";
}
