import type { SourceStyle } from "../world/record.ts";
import { plainView } from "./plain-view.ts";

/** An agent on the device itself: the one system whose `metadata.agent_id` is the device's own. */
export const AGENT: SourceStyle = {
  watches: true,
  deal: (_state, chance) => ({
    host: true,
    ip: true,
    serial: chance(0.6),
    asset: false,
    macs: "one",
    allMacs: true,
  }),
  describe: (record, state) => ({ ...plainView(record, state), collector: record.native }),
  metadata: ({ native }) => ({ agent_id: native }),
};
