import { always, dayOf, type Moment } from "../world/device.ts";
import { itemAt } from "../world/dice.ts";
import { alter, become } from "./alter.ts";
import { isOf, isServer, type FailureMode } from "./failure-mode.ts";

/** Pairs that are one and the same lab, set up twice; half of these have new addresses, all other pairs the same ones. */
const LAB_CLONE = 0.5;

/** Two sites with the same addresses; a lab cloned into both has the same names, MACs and serials as well. */
export const PARTITION_OVERLAP: FailureMode = {
  tag: "partition_overlap",
  group: [2, 2],
  exclusive: true,
  spans: true,
  fits: (device, listing) =>
    isOf("server", "virtual-machine", "switch", "router", "camera")(device) &&
    listing.recordsOf(device).length > 0,
  strike: (twins, { dice }) => {
    const [first, second] = [itemAt(twins, 0), itemAt(twins, 1)];
    const { site: _site, ip, ...lab } = first.base;
    const isClone = dice.chance(LAB_CLONE);
    const isSameAddress = !isClone || dice.chance(0.5);
    become(second, { ...(isClone ? lab : {}), ...(isSameAddress ? { ip } : {}) });
  },
};

/** Public addresses of branches, from the range for documentation. */
const PUBLIC_NET = "203.0.113";

/** A branch behind one public address: whoever looks from outside sees all its devices with it. */
export const NAT_SITE: FailureMode = {
  tag: "nat_site",
  group: [4, 10],
  exclusive: true,
  fits: (device, listing) =>
    isOf("laptop", "workstation", "kiosk")(device) && listing.find(device, "armis") !== undefined,
  strike: (group, { listing, numbers }) => {
    const ip = `${PUBLIC_NET}.${1 + (numbers.next("nat", 0) % 254)}`;
    for (const device of group) {
      for (const record of listing.recordsOf(device)) {
        if (record.instance.source === "sweep") record.gaps.push(always);
        else if (record.instance.source !== "servicenow") alter(record, { ip });
      }
    }
  },
};

/** The same IPv6 address in the writings that different systems use. */
function writeIpv6(nth: number): { readonly full: string; readonly short: string } {
  const low = (nth + 0x10).toString(16);
  const full = `2001:0DB8:0000:0000:0000:0000:0000:${low.padStart(4, "0").toUpperCase()}`;
  return { full, short: `2001:db8::${low}` };
}

/** Dual-stack servers: some systems give the IPv6 address alone, in two writings, some both, some only the old one. */
export const IPV6: FailureMode = {
  tag: "ipv6",
  group: [1, 1],
  exclusive: false,
  // Nothing links the two addresses of a server that only sweeps see.
  fits: (device) => isServer(device) && !device.modes.has("ip_only"),
  strike: (group, { dice, listing, numbers }) => {
    const server = itemAt(group, 0);
    const { full, short } = writeIpv6(numbers.next("ipv6", 0));
    alter(listing.find(server, "armis"), { ip: full });
    alter(listing.find(server, "agent"), ({ ip = "" }) => ({ ip: short, allIps: [short, ip] }));
    alter(listing.find(server, "netbox"), ({ ip = "" }) => ({ allIps: [ip, short] }));
    if (dice.chance(0.4)) alter(listing.add(server, "sweep"), { ip: short });
  },
};

/** Two nodes behind one floating address: each reports it on the days on which it is the active one. */
export const CLUSTER_VIP: FailureMode = {
  tag: "cluster_vip",
  group: [2, 2],
  exclusive: true,
  fits: isOf("server", "firewall"),
  strike: (nodes, { listing, numbers }) => {
    const vip = numbers.ip(itemAt(nodes, 0).partition);
    for (const [nth, node] of nodes.entries()) {
      const isActive = (at: Moment): boolean => dayOf(at) % nodes.length === nth;
      for (const source of ["armis", "agent"] as const) {
        alter(
          listing.find(node, source),
          ({ ip = "" }) => ({ ip: vip, allIps: [vip, ip] }),
          isActive,
        );
      }
    }
  },
};
