import type { SourceStyle } from "../world/record.ts";
import { plainView } from "./plain-view.ts";

/** A CMDB: what was bought. Serial, asset tag, names in capitals, mostly an address, 32 hexadecimal digits as id. */
export const SERVICENOW: SourceStyle = {
  watches: false,
  deal: ({ role }, chance) => ({
    host: true,
    ip: chance(0.98),
    serial: chance(0.9),
    asset: role !== "virtual-machine" && chance(0.8),
    macs: chance(0.5) ? "one" : "none",
    allMacs: false,
  }),
  describe: (record, state) => {
    const view = plainView(record, state);
    return {
      ...view,
      host: view.host?.toUpperCase(),
      extra: { site: state.site },
    };
  },
  metadata: ({ native }) => ({ integration_type: "servicenow", integration_id: native }),
};
