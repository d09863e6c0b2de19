import type { SourceStyle } from "../world/record.ts";

/** Ping sweeps: an address answered. Nothing else is known. */
export const SWEEP: SourceStyle = {
  watches: true,
  deal: () => ({
    host: false,
    ip: true,
    serial: false,
    asset: false,
    macs: "none",
    allMacs: false,
  }),
  describe: ({ native }, { ip }) => ({
    native,
    ip,
    macs: [],
    allMacs: [],
    allIps: [],
    extra: {},
  }),
  metadata: () => ({}),
};
