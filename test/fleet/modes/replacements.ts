import { buildState } from "../world/build.ts";
import { before, since, stateAt } from "../world/device.ts";
import { itemAt } from "../world/dice.ts";
import { alter, become } from "./alter.ts";
import { dayOfChange, isLaptop, isOf, type FailureMode } from "./failure-mode.ts";

/** A broken network card is replaced: from one day on every system sees another MAC. */
export const NIC_REPLACE: FailureMode = {
  tag: "nic_replace",
  group: [1, 1],
  exclusive: true,
  fits: (device, listing) =>
    isOf("server", "workstation", "camera", "kiosk", "plc")(device) &&
    listing.find(device, "armis") !== undefined,
  strike: (group, scene) => {
    const device = itemAt(group, 0);
    const oui = (device.base.macs[0] ?? "").replaceAll(":", "").slice(0, 6);
    become(device, { macs: [scene.numbers.mac(oui)] }, since(dayOfChange(scene)));
  },
};

/** Systems of record that never learn of the new board. */
const NEVER_UPDATED = 0.3;

/** A new main board: serial and MAC change, name, asset tag and every row stay. Systems of record follow a day later, or never. */
export const BOARD_REPLACE: FailureMode = {
  tag: "board_replace",
  group: [1, 1],
  exclusive: true,
  fits: (device, listing) =>
    isOf("server", "workstation", "laptop")(device) &&
    listing.find(device, "servicenow") !== undefined,
  strike: (group, scene) => {
    const { dice, numbers, listing } = scene;
    const device = itemAt(group, 0);
    const day = dayOfChange(scene);
    const { serial } = device.base;
    const fresh = buildState({ kind: device.kind, partition: device.partition, dice, numbers });
    become(device, { serial: fresh.serial, macs: fresh.macs }, since(day));
    for (const source of ["servicenow", "netbox"] as const) {
      const record = listing.find(device, source);
      if (record?.traits.serial !== true) continue;
      alter(record, { serial }, dice.chance(NEVER_UPDATED) ? since(0) : before(day + 1));
    }
  },
};

/** Systems of record that keep the row of the machine that went. */
const KEPT = 0.3;
/** Replacements that get the address of the machine they replace. */
const SAME_ADDRESS = 0.85;

/** A laptop is replaced by another one, which takes over its name and mostly its address. */
export const HOSTNAME_REUSE: FailureMode = {
  tag: "hostname_reuse",
  group: [2, 2],
  exclusive: true,
  fits: (device, listing) =>
    isLaptop(device) &&
    listing.find(device, "armis") !== undefined &&
    listing.find(device, "servicenow") !== undefined,
  strike: (pair, scene) => {
    const { dice, listing } = scene;
    const [old, fresh] = [itemAt(pair, 0), itemAt(pair, 1)];
    const day = dayOfChange(scene);
    const sameAddress = dice.chance(SAME_ADDRESS);
    become(old, { isPresent: false }, since(day));
    become(fresh, { isPresent: false }, before(day));
    become(fresh, (own, at) => ({
      host: old.base.host,
      ip: sameAddress ? stateAt(old, at).ip : own.ip,
    }));
    for (const record of listing.recordsOf(fresh)) record.gaps.push(before(day));
    if (!dice.chance(KEPT)) listing.find(old, "servicenow")?.gaps.push(since(day));
    else alter(listing.find(old, "servicenow"), { ip: undefined }, since(day));
    // An agent id made of the name would be one identity for both; installers give each machine its own.
    const agent = listing.find(fresh, "agent");
    if (agent !== undefined) agent.native = `${agent.native}-2`;
  },
};

/** Decommissioned, and back some days later: Armis takes it for new. */
export const REBIRTH: FailureMode = {
  tag: "rebirth",
  group: [1, 1],
  exclusive: true,
  fits: (device, listing) => listing.find(device, "armis") !== undefined,
  strike: (group, scene) => {
    const { days, dice, listing } = scene;
    const device = itemAt(group, 0);
    const gone = days < 3 ? 0 : dice.between(1, days - 2);
    const back = days < 3 ? 1 : dice.between(gone + 1, days - 1);
    become(device, { isPresent: false }, (at) => at >= gone && at < back);
    const keepsBooks = dice.chance(0.5);
    for (const record of listing.recordsOf(device)) {
      if (record.instance.source === "armis") record.gaps.push(since(gone));
      else if (!keepsBooks) record.gaps.push((at) => at >= gone && at < back);
    }
    listing.add(device, "armis").gaps.push(before(back));
  },
};
