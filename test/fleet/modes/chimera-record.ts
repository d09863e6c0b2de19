import { dayOf } from "../world/device.ts";
import { itemAt } from "../world/dice.ts";
import { alter } from "./alter.ts";
import { isLaptop, type FailureMode } from "./failure-mode.ts";

/** Laptops that also have an Armis row of their own, by their wireless card. */
const OWN_ROW = 0.5;

/** An Armis row keyed by a dock's MAC: it describes whichever laptop sits at the dock that day. */
export const CHIMERA_RECORD: FailureMode = {
  tag: "chimera_record",
  group: [2, 3],
  exclusive: true,
  fits: (device, listing) => isLaptop(device) && listing.find(device, "armis") !== undefined,
  strike: (laptops, { dice, numbers, listing }) => {
    const dock = numbers.mac("00E04C");
    const chimera = listing.add(itemAt(laptops, 0), "armis");
    chimera.deviceAt = (at) => itemAt(laptops, dayOf(at) % laptops.length);
    alter(chimera, { macs: [dock], allMacs: [], serial: undefined });
    for (const [nth, laptop] of laptops.entries()) {
      listing.ensure(laptop, "servicenow");
      const own = listing.find(laptop, "armis");
      if (own === undefined || own === chimera) continue;
      if (!dice.chance(OWN_ROW)) listing.remove(own);
      own.gaps.push((at) => dayOf(at) % laptops.length === nth);
    }
  },
};
