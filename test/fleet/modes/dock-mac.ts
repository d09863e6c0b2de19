import { dayOf, type Moment } from "../world/device.ts";
import { alter, seenThrough } from "./alter.ts";
import { isLaptop, type FailureMode } from "./failure-mode.ts";

/** Realtek and ASIX make the network cards in docks and dongles. */
const DOCK_OUIS = ["00E04C", "F8E43B"] as const;
const DOCKED = 0.6;

/** Desks with docks: on most days several laptops are seen with the MAC of the same dock. */
export const DOCK_MAC: FailureMode = {
  tag: "dock_mac",
  group: [3, 5],
  exclusive: true,
  fits: (device, listing) => isLaptop(device) && listing.find(device, "armis") !== undefined,
  strike: (laptops, { dice, days, numbers, listing }) => {
    const dock = numbers.mac(dice.pick(DOCK_OUIS));
    for (const [nth, laptop] of laptops.entries()) {
      // The first two meet at the dock on the first day, so that it is shared from the start.
      const docked = Array.from(
        { length: days },
        (_, day) => (nth < 2 && day === 0) || dice.chance(DOCKED),
      );
      const isDocked = (at: Moment): boolean => docked[dayOf(at)] === true;
      const armis = listing.find(laptop, "armis");
      alter(armis, seenThrough(armis, dock), isDocked);
      const agent = listing.find(laptop, "agent");
      alter(agent, seenThrough(agent, dock), isDocked);
    }
  },
};
