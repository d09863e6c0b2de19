import { before, since } from "../world/device.ts";
import { alter, seenThrough } from "./alter.ts";
import { isLaptop, type FailureMode } from "./failure-mode.ts";

/** USB network cards handed from desk to desk: each joins two laptops, on different days, and all of them form a chain. */
export const CHAIN_GLUE: FailureMode = {
  tag: "chain_glue",
  group: [3, 6],
  exclusive: true,
  fits: (device, listing) => isLaptop(device) && listing.find(device, "armis") !== undefined,
  strike: (laptops, { days, numbers, listing }) => {
    const handover = Math.ceil(days / 2);
    for (const [nth, giver] of laptops.entries()) {
      const taker = laptops[nth + 1];
      if (taker === undefined) return;
      const dongle = numbers.mac("00E04C");
      for (const source of ["armis", "agent"] as const) {
        const given = listing.find(giver, source);
        alter(given, seenThrough(given, dongle), before(handover));
        const taken = listing.find(taker, source);
        alter(taken, seenThrough(taken, dongle), since(handover));
      }
    }
  },
};
