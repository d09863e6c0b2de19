import { dayOf, type Moment } from "../world/device.ts";
import { itemAt } from "../world/dice.ts";
import { alter, become } from "./alter.ts";
import { isOf, type FailureMode } from "./failure-mode.ts";

/** Modes that decide about addresses themselves. */
const HOLD_THEIR_OWN: ReadonlySet<string> = new Set(["nat_site", "mid_day_lease", "ip_only"]);
/** Systems of record that follow leases; the others leave the address of such devices empty. */
const FOLLOWS = 0.8;

/** Leases of a group move on by one every day: each address has another holder tomorrow. */
export const DHCP_CHURN: FailureMode = {
  tag: "dhcp_churn",
  group: [4, 9],
  exclusive: false,
  fits: (device, listing) =>
    device.kind.roams &&
    ![...device.modes].some((mode) => HOLD_THEIR_OWN.has(mode)) &&
    listing.recordsOf(device).some(({ instance }) => instance.source !== "sweep"),
  strike: (group, { dice, listing }) => {
    const pool = group.map(({ base }) => base.ip);
    for (const [nth, device] of group.entries()) {
      become(device, (_before, at) => ({ ip: itemAt(pool, (nth + dayOf(at)) % pool.length) }));
      for (const source of ["servicenow", "netbox"] as const) {
        if (!dice.chance(FOLLOWS)) alter(listing.find(device, source), { ip: undefined });
      }
    }
  },
};

const NOON = 0.5;

/** Two devices swap their leases at noon, so that within one day an address has two holders. */
export const MID_DAY_LEASE: FailureMode = {
  tag: "mid_day_lease",
  group: [2, 2],
  exclusive: true,
  fits: (device, listing) =>
    isOf("laptop", "workstation")(device) &&
    device.changes.length === 1 &&
    listing.find(device, "armis") !== undefined,
  strike: (pair, { listing }) => {
    const [one, two] = [itemAt(pair, 0), itemAt(pair, 1)];
    const afternoon = (at: Moment): boolean => at - dayOf(at) >= NOON;
    const ips = [one.base.ip, two.base.ip] as const;
    become(one, { ip: ips[1] }, afternoon);
    become(two, { ip: ips[0] }, afternoon);
    for (const device of pair) {
      // Armis looks in the morning and the agent in the afternoon.
      listing.ensure(device, "agent");
      alter(listing.find(device, "servicenow"), { ip: undefined });
    }
  },
};
