import { itemAt } from "../world/dice.ts";
import { alter } from "./alter.ts";
import { isNetworkGear, isOf, type FailureMode } from "./failure-mode.ts";

/** A CMDB row into which somebody copied the MAC of another device. */
export const SOURCE_CONFLICT: FailureMode = {
  tag: "source_conflict",
  group: [2, 2],
  exclusive: true,
  fits: (device, listing) =>
    listing.find(device, "servicenow") !== undefined && listing.find(device, "armis") !== undefined,
  strike: (pair, { listing }) => {
    const [row, other] = [itemAt(pair, 0), itemAt(pair, 1)];
    alter(listing.find(row, "servicenow"), { macs: other.base.macs.slice(0, 1) });
  },
};

/** A device that the CMDB or NetBox lists twice; the second row is a poor one, without an address. */
export const SOURCE_DUPLICATE: FailureMode = {
  tag: "source_duplicate",
  group: [1, 1],
  exclusive: true,
  fits: (device, listing) =>
    (listing.find(device, "servicenow") ?? listing.find(device, "netbox")) !== undefined,
  strike: (group, { dice, listing }) => {
    const device = itemAt(group, 0);
    const source = listing.find(device, "servicenow") === undefined ? "netbox" : "servicenow";
    const first = listing.ensure(device, source);
    first.traits = { ...first.traits, serial: true };
    const row = listing.add(device, source);
    row.traits = {
      ...row.traits,
      serial: dice.chance(0.7),
      asset: false,
      macs: "none",
      allMacs: false,
    };
    alter(row, { ip: undefined });
  },
};

/** Polls that name the polling agent in their metadata too, where it is just as little an identity. */
const ALSO_IN_METADATA = 0.3;

/** Network devices polled by an agent that is itself a device of the fleet: its id travels with every poll. */
export const POLLING_AGENT: FailureMode = {
  tag: "polling_agent",
  group: [1, 1],
  exclusive: false,
  fits: (device, listing) => isNetworkGear(device) && listing.find(device, "mapper") !== undefined,
  strike: (group, { dice, listing, bystander }) => {
    const polled = itemAt(group, 0);
    const host = bystander(
      polled.partition,
      (device) => listing.find(device, "agent") !== undefined,
    );
    if (host === undefined) return;
    const collector = listing.ensure(host, "agent").native;
    const isTold = dice.chance(ALSO_IN_METADATA);
    alter(listing.find(polled, "mapper"), ({ extra }) => ({
      collector,
      extra: isTold ? { ...extra, agent_id: collector } : extra,
    }));
  },
};

/** Devices that nobody lists: an address answers, that is all. */
export const IP_ONLY: FailureMode = {
  tag: "ip_only",
  group: [1, 1],
  exclusive: true,
  fits: (device) => isOf("camera", "plc", "printer", "kiosk", "access-point", "server")(device),
  strike: (group, { listing }) => {
    const device = itemAt(group, 0);
    const sweep = listing.ensure(device, "sweep");
    for (const record of listing.recordsOf(device)) {
      if (record !== sweep) listing.remove(record);
    }
  },
};
