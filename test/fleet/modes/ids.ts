import { since } from "../world/device.ts";
import type { TrueDevice } from "../world/device.ts";
import { itemAt } from "../world/dice.ts";
import type { Listing } from "../world/listing.ts";
import { alter } from "./alter.ts";
import { dayOfChange, type FailureMode } from "./failure-mode.ts";

/** Has a row with a number of NetBox's devices, not of its virtual machines. */
function hasNetboxNumber(device: TrueDevice, listing: Listing): boolean {
  return listing.find(device, "netbox")?.native.startsWith("vm-") === false;
}

/** NetBox was imported anew: from one day on the ids of a group are dealt out differently. */
export const SOURCE_ID_REUSE: FailureMode = {
  tag: "source_id_reuse",
  group: [2, 4],
  exclusive: true,
  fits: hasNetboxNumber,
  strike: (group, scene) => {
    const rows = group.map((device) => scene.listing.ensure(device, "netbox"));
    const natives = rows.map(({ native }) => native);
    const isLater = since(dayOfChange(scene));
    for (const [nth, row] of rows.entries()) {
      alter(row, { native: itemAt(natives, (nth + 1) % natives.length) }, isLater);
    }
  },
};

/** Rows of such a CMDB that know an address. */
const HAS_ADDRESS = 0.5;

/** A CMDB that numbers its rows like NetBox does: its "42" is another device than NetBox's. */
export const SOURCE_ID_COLLISION: FailureMode = {
  tag: "source_id_collision",
  group: [2, 2],
  exclusive: true,
  fits: hasNetboxNumber,
  strike: (pair, { dice, listing }) => {
    const [planned, bought] = [itemAt(pair, 0), itemAt(pair, 1)];
    const row = listing.ensure(bought, "servicenow");
    row.native = listing.ensure(planned, "netbox").native;
    if (!dice.chance(HAS_ADDRESS)) alter(row, { ip: undefined });
  },
};

/** Two NetBoxes in one partition, both counting from 1. */
export const INSTANCE_COLLISION: FailureMode = {
  tag: "instance_collision",
  group: [2, 2],
  exclusive: true,
  fits: hasNetboxNumber,
  strike: (pair, { listing }) => {
    const [first, second] = [itemAt(pair, 0), itemAt(pair, 1)];
    const moved = listing.ensure(second, "netbox");
    moved.native = listing.ensure(first, "netbox").native;
    listing.moveToSecondNetbox(moved);
  },
};
