import { dayOf } from "../world/device.ts";
import { itemAt } from "../world/dice.ts";
import { alter } from "./alter.ts";
import { isLaptop, isNetworkGear, isOf, type FailureMode } from "./failure-mode.ts";

/** Maker's prefix of a management controller: the first card's own. */
function prefixOf(mac: string | undefined): string {
  return (mac ?? "00:25:90").replaceAll(":", "").slice(0, 6);
}

/** NetBox and SNMP know the management card with an address of its own, everybody else the card that carries data. */
export const MULTI_NIC: FailureMode = {
  tag: "multi_nic",
  group: [1, 1],
  exclusive: true,
  fits: (device, listing) =>
    (isNetworkGear(device) || isOf("server")(device)) &&
    listing.find(device, "netbox") !== undefined &&
    listing.find(device, "armis") !== undefined,
  strike: (group, { dice, numbers, listing }) => {
    const device = itemAt(group, 0);
    const mgmt = {
      ip: numbers.ip(device.partition),
      mac: numbers.mac(prefixOf(device.base.macs[0])),
    };
    const declares = dice.chance(0.5);
    alter(listing.find(device, "netbox"), (view) => ({
      ip: mgmt.ip,
      macs: view.macs.length === 0 ? [] : [mgmt.mac],
      allMacs: declares ? [mgmt.mac, ...device.base.macs] : [],
    }));
    alter(listing.find(device, "mapper"), { ip: mgmt.ip, macs: [mgmt.mac] });
    if (listing.find(device, "sweep") !== undefined) {
      alter(listing.add(device, "sweep"), { ip: mgmt.ip });
    }
  },
};

/** Second rows without a name: only NetBox's list of cards tells whose they are. */
const NAMELESS = 0.15;

/** Armis lists two cards of one server as two devices; NetBox declares both cards. */
export const MULTI_NIC_SPLIT: FailureMode = {
  tag: "multi_nic_split",
  group: [1, 1],
  exclusive: true,
  fits: (device, listing) => isOf("server")(device) && listing.find(device, "armis") !== undefined,
  strike: (group, { dice, numbers, listing }) => {
    const server = itemAt(group, 0);
    const second = {
      ip: numbers.ip(server.partition),
      mac: numbers.mac(prefixOf(server.base.macs[0])),
    };
    const netbox = listing.ensure(server, "netbox");
    netbox.traits = { ...netbox.traits, serial: true };
    alter(netbox, ({ macs }) => ({
      macs,
      allMacs: [...server.base.macs, second.mac],
    }));
    const row = listing.add(server, "armis");
    alter(row, { ip: second.ip, macs: [second.mac], allMacs: [] });
    if (dice.chance(NAMELESS)) alter(row, { host: undefined });
    if (listing.find(server, "sweep") !== undefined) {
      alter(listing.add(server, "sweep"), { ip: second.ip });
    }
  },
};

/** Rows that see wired and wireless on the same days, rather than one today and the other tomorrow. */
const BOTH_AT_ONCE = 0.55;

/** A laptop that Armis lists twice: once by its wireless card, once by the wired one. */
export const DUAL_ARMIS: FailureMode = {
  tag: "dual_armis",
  group: [1, 1],
  exclusive: true,
  fits: (device, listing) => isLaptop(device) && listing.find(device, "armis") !== undefined,
  strike: (group, { dice, numbers, listing }) => {
    const laptop = itemAt(group, 0);
    const wired = listing.ensure(laptop, "armis");
    const wireless = listing.add(laptop, "armis");
    for (const row of [wired, wireless]) row.traits = { ...row.traits, serial: false };
    alter(wireless, { macs: [numbers.mac(prefixOf(laptop.base.macs[0]))], allMacs: [] });
    if (dice.chance(BOTH_AT_ONCE)) {
      alter(wireless, { ip: numbers.ip(laptop.partition) });
      return;
    }
    wired.gaps.push((at) => dayOf(at) % 2 === 1);
    wireless.gaps.push((at) => dayOf(at) % 2 === 0);
  },
};
