import { before, always } from "../world/device.ts";
import { itemAt } from "../world/dice.ts";
import { alter, become } from "./alter.ts";
import { isOf, type FailureMode } from "./failure-mode.ts";

/** Clones that still carry the template's name somewhere. */
const TEMPLATE_NAMED = 0.4;
const TEMPLATES = ["ubuntu-template", "win2019-golden", "debian12-base"] as const;

/** Virtual machines cloned with their serial number; some show the template's name, on the first day or for ever. */
export const VM_CLONE: FailureMode = {
  tag: "vm_clone",
  group: [2, 4],
  exclusive: true,
  fits: isOf("virtual-machine"),
  strike: (clones, { dice, listing }) => {
    const { serial } = itemAt(clones, 0).base;
    const template = dice.pick(TEMPLATES);
    for (const clone of clones) {
      become(clone, { serial });
      const armis = listing.find(clone, "armis");
      if (armis !== undefined) armis.traits = { ...armis.traits, serial: dice.chance(0.3) };
      if (!dice.chance(TEMPLATE_NAMED)) continue;
      alter(armis, { host: template }, dice.chance(0.6) ? before(1) : always);
    }
  },
};
