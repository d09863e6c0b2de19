import { before, dayOf, since, type TrueDevice } from "../world/device.ts";
import { itemAt } from "../world/dice.ts";
import { randomMac } from "../world/numbers.ts";
import { alter, become } from "./alter.ts";
import { isOf, type FailureMode, type Scene } from "./failure-mode.ts";

/** Phones that nobody named. */
const NAMELESS = 0.25;
/** How long a phone keeps a random MAC. */
const DAYS_PER_MAC = [2, 2, 3] as const;
/** Phones whose old Armis row stays in the list for a day after the new one appears. */
const LINGERS = 0.9;

/** Gives a phone its MACs, each for some days. */
function randomize(phone: TrueDevice, scene: Scene, daysPerMac: number): readonly string[] {
  const { dice, days, listing } = scene;
  const macs = Array.from({ length: Math.ceil(days / daysPerMac) }, () => randomMac(dice));
  become(phone, (_before, at) => ({ macs: [itemAt(macs, Math.floor(dayOf(at) / daysPerMac))] }));
  // Whoever keeps books has the one that the maker gave, or none.
  alter(listing.find(phone, "servicenow"), { macs: [] });
  return macs;
}

function maybeForgetName(phone: TrueDevice, { dice }: Scene): void {
  if (phone.kind.role !== "mobile-phone" || !dice.chance(NAMELESS)) return;
  become(phone, { host: phone.base.manufacturer === "Apple" ? "iPhone" : "Android" });
}

/** Phones with a new MAC every day or two; Armis still knows them for the same device. */
export const RANDOM_MAC: FailureMode = {
  tag: "random_mac",
  group: [1, 1],
  exclusive: true,
  fits: (device, listing) =>
    isOf("mobile-phone", "laptop")(device) && listing.find(device, "armis") !== undefined,
  strike: (phones, scene) => {
    const phone = itemAt(phones, 0);
    randomize(phone, scene, scene.dice.between(1, 2));
    maybeForgetName(phone, scene);
  },
};

/** Phones that are a new device to Armis with every MAC. */
export const RANDOM_MAC_NEWID: FailureMode = {
  tag: "random_mac_newid",
  group: [1, 1],
  exclusive: true,
  fits: (device, listing) =>
    isOf("mobile-phone")(device) && listing.find(device, "armis") !== undefined,
  strike: (phones, scene) => {
    const phone = itemAt(phones, 0);
    const daysPerMac = scene.dice.pick(DAYS_PER_MAC);
    const macs = randomize(phone, scene, daysPerMac);
    maybeForgetName(phone, scene);
    const lingerDays = scene.dice.chance(LINGERS) ? 1 : 0;
    for (const [nth, mac] of macs.entries()) {
      const row =
        nth === 0 ? scene.listing.ensure(phone, "armis") : scene.listing.add(phone, "armis");
      const end = (nth + 1) * daysPerMac;
      row.gaps.push(before(nth * daysPerMac), since(end + lingerDays));
      // The lingering row keeps its MAC but has no address any more.
      alter(row, { macs: [mac], allMacs: [] });
      alter(row, { ip: undefined }, since(end));
    }
  },
};
