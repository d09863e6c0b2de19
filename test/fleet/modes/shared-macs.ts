import { always, since } from "../world/device.ts";
import { alter, listed, seenThrough } from "./alter.ts";
import { isNetworkGear, isOf, isServer, type FailureMode } from "./failure-mode.ts";

/** Virtual router MACs without their last digits: VRRP, HSRP, GLBP, HSRP version 2. */
const VIRTUAL_ROUTERS = [
  "00:00:5E:00:01:0",
  "00:00:0C:07:AC:0",
  "00:07:B4:00:01:0",
  "00:00:0C:9F:F0:0",
];
/** Everybody's first group: numbers rarely go beyond. */
const GROUPS = [1, 1, 2] as const;

/** Polls that read the virtual MAC instead of the own one. */
const POLLED = 0.15;

/** Routers that share a virtual MAC, and the same group number is in use at every other pair. */
export const VRRP_MAC: FailureMode = {
  tag: "vrrp_mac",
  group: [2, 3],
  exclusive: false,
  fits: isNetworkGear,
  strike: (routers, { dice, listing }) => {
    const mac = `${dice.pick(VIRTUAL_ROUTERS)}${dice.pick(GROUPS)}`;
    for (const router of routers) {
      const armis = listing.find(router, "armis");
      alter(armis, seenThrough(armis, mac), dice.chance(0.7) ? always : since(1));
      alter(listing.find(router, "netbox"), listed(mac));
      if (dice.chance(POLLED)) alter(listing.find(router, "mapper"), { macs: [mac] });
    }
  },
};

const DOCKER_MAC = "02:42:AC:11:00:02";

/** The first container of every Docker host has the same MAC. */
export const DOCKER_MAC_MODE: FailureMode = {
  tag: "docker_mac",
  group: [1, 1],
  exclusive: false,
  fits: (device, listing) =>
    isServer(device) &&
    (listing.find(device, "armis") ?? listing.find(device, "agent")) !== undefined,
  strike: (hosts, { dice, listing }) => {
    for (const host of hosts) {
      alter(listing.find(host, "agent"), listed(DOCKER_MAC));
      const armis = listing.find(host, "armis");
      const isSeen = armis?.traits.macs === "all" || dice.chance(0.4);
      if (isSeen) alter(armis, seenThrough(armis, DOCKER_MAC));
    }
  },
};

const BEHIND_ROUTERS = isOf(
  "server",
  "virtual-machine",
  "camera",
  "printer",
  "kiosk",
  "workstation",
);

/** A router answers for hosts behind it, so that the sensor notes its MAC as theirs. */
export const PROXY_ARP: FailureMode = {
  tag: "proxy_arp",
  group: [2, 8],
  exclusive: true,
  fits: (device, listing) => BEHIND_ROUTERS(device) && listing.find(device, "armis") !== undefined,
  strike: (hosts, { dice, listing, numbers, bystander }) => {
    const partition = hosts[0]?.partition ?? "";
    const router = bystander(partition, isNetworkGear);
    router?.modes.add("proxy_arp");
    const mac = router?.base.macs[0] ?? numbers.mac("F4CFE2");
    for (const host of hosts) {
      const armis = listing.find(host, "armis");
      alter(armis, { macs: [mac], allMacs: [] }, dice.chance(0.6) ? always : since(1));
    }
  },
};

/** Two switches of one link aggregation group answer with the group's MAC beside their own. */
export const MLAG_MAC: FailureMode = {
  tag: "mlag_mac",
  group: [2, 2],
  exclusive: false,
  fits: isOf("switch"),
  strike: (switches, { numbers, listing }) => {
    const mac = numbers.mac("444CA8");
    for (const one of switches) {
      const armis = listing.find(one, "armis");
      alter(armis, seenThrough(armis, mac));
      alter(listing.ensure(one, "mapper"), { macs: [mac] }, since(1));
      alter(listing.find(one, "netbox"), listed(mac));
    }
  },
};
