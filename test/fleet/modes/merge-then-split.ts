import { before, since } from "../world/device.ts";
import { itemAt } from "../world/dice.ts";
import { alter, become, listed, seenThrough } from "./alter.ts";
import { isLaptop, type FailureMode } from "./failure-mode.ts";

/**
 * A dongle first known with one laptop only: on the first day the sensor sees a nameless laptop of the same model with
 * it, which looks like the first one. From the second day on names and further rows show that they are two.
 */
export const MERGE_THEN_SPLIT: FailureMode = {
  tag: "merge_then_split",
  group: [2, 2],
  exclusive: true,
  fits: (device, listing) => isLaptop(device) && listing.find(device, "armis") !== undefined,
  strike: (laptops, { numbers, listing }) => {
    const [known, nameless] = [itemAt(laptops, 0), itemAt(laptops, 1)];
    const dongle = numbers.mac("F8E43B");
    const { manufacturer, model, os } = known.base;
    become(nameless, { manufacturer, model, os });
    alter(listing.ensure(known, "agent"), listed(dongle));
    const row = listing.find(nameless, "armis");
    alter(row, { macs: [dongle], allMacs: [], host: undefined, serial: undefined }, before(1));
    alter(row, seenThrough(row, dongle), since(1));
    const later = listing.find(known, "armis");
    alter(later, seenThrough(later, dongle), since(2));
  },
};
