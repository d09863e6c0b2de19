import type { TrueDevice } from "../world/device.ts";
import { itemAt } from "../world/dice.ts";
import type { Listing } from "../world/listing.ts";
import { alter, become } from "./alter.ts";
import { isNetworkGear, isOf, type FailureMode } from "./failure-mode.ts";

/** What installers and makers leave as name. */
const GENERIC = [
  "kiosk",
  "POS",
  "iPhone",
  "android",
  "DESKTOP",
  "camera",
  "raspberrypi",
  "localhost",
] as const;

/** Devices that all have one name; the CMDB knows half of the groups by proper names. */
export const HOSTNAME_GENERIC: FailureMode = {
  tag: "hostname_generic",
  group: [3, 8],
  exclusive: true,
  fits: (device, listing) =>
    isOf("kiosk", "mobile-phone", "camera", "plc", "workstation")(device) &&
    listing.recordsOf(device).length > 0,
  strike: (group, { dice, listing }) => {
    const host = dice.pick(GENERIC);
    const isNamed = dice.chance(0.5);
    for (const device of group) {
      become(device, { host });
      if (isNamed) alter(listing.find(device, "servicenow"), { host: device.base.host });
    }
  },
};

/** Armis rows of such devices with the serial, so that it can outweigh the names. */
const SERIAL_SEEN = 0.75;

/** Network devices with another name in every system; serial, MAC and address agree. */
export const HOSTNAME_DIVERGENT: FailureMode = {
  tag: "hostname_divergent",
  group: [1, 1],
  exclusive: true,
  fits: (device, listing) => isNetworkGear(device) && listing.find(device, "netbox") !== undefined,
  strike: (group, { dice, listing, numbers }) => {
    const device = itemAt(group, 0);
    const number = numbers.next("divergent", 1);
    const netbox = listing.ensure(device, "netbox");
    netbox.traits = { ...netbox.traits, serial: true, macs: "one" };
    const armis = listing.find(device, "armis");
    if (armis !== undefined) armis.traits = { ...armis.traits, serial: dice.chance(SERIAL_SEEN) };
    alter(armis, {
      host: `${device.base.manufacturer} ${device.base.model} #${number}`,
    });
    alter(listing.find(device, "mapper"), {
      host: `${device.kind.role}-${number}.mgmt.example.com`,
    });
  },
};

/** Nothing but a name links a nameless row of a roaming device to the CMDB, unless the device's MAC is known elsewhere. */
function hasOtherLinks(device: TrueDevice, listing: Listing): boolean {
  const bought = listing.find(device, "servicenow");
  if (!device.kind.roams || bought === undefined || bought.traits.macs === "one") return true;
  return listing.find(device, "agent") !== undefined;
}

/** Armis rows without a name, of devices that something else still identifies. */
export const MISSING_HOST: FailureMode = {
  tag: "missing_host",
  group: [1, 1],
  exclusive: false,
  fits: (device, listing) =>
    listing.find(device, "armis") !== undefined && hasOtherLinks(device, listing),
  strike: (group, { listing }) => {
    for (const record of listing.recordsOf(itemAt(group, 0))) {
      if (record.instance.source === "armis") alter(record, { host: undefined });
    }
  },
};
