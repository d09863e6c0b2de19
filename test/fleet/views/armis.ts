import type { SourceStyle } from "../world/record.ts";
import { plainView } from "./plain-view.ts";

/** Armis: watches the network. MACs as a raw comma list or the last one it saw, serials now and then, short names. */
export const ARMIS: SourceStyle = {
  watches: true,
  deal: ({ role }, chance) => ({
    host: true,
    ip: true,
    serial: role !== "virtual-machine" && chance(0.25),
    asset: false,
    macs: chance(0.4) ? "all" : "one",
    allMacs: chance(0.15),
  }),
  describe: (record, state) => ({
    ...plainView(record, state),
    host: record.traits.host ? state.host.split(".")[0] : undefined,
    extra: {
      armis_category: state.category,
      armis_type: state.type,
      armis_risk_level: String(1 + (record.no % 10)),
    },
  }),
  metadata: ({ native }) => ({ integration_type: "armis", armis_device_id: native }),
};
