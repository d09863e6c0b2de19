import { deliver, type FleetBatch } from "./delivery.ts";
import { mixtureOf, type Profile } from "./profiles.ts";
import type { ModeTag } from "./tags.ts";
import { buildDevice, PARTITION_NAMES } from "./world/build.ts";
import type { TrueDevice } from "./world/device.ts";
import { createDice, type Dice } from "./world/dice.ts";
import { inject } from "./world/inject.ts";
import { SOURCES } from "./world/kinds.ts";
import { createListing, type Listing } from "./world/listing.ts";
import { createNumbers } from "./world/numbers.ts";

/** What makes a fleet: the same options make the same updates. */
export interface FleetOptions {
  readonly seed: number;
  /** True devices. */
  readonly devices: number;
  readonly days?: number;
  readonly profile?: Profile;
}

/** A fleet with known truth. */
export interface IdentityFleet {
  readonly devices: readonly TrueDevice[];
  /** Everything that arrives, in order; computed as it is read, and the same every time. */
  batches(): Generator<FleetBatch>;
}

/** Days of a fleet unless told otherwise: enough for an address to be held on three days and then to move. */
const DAYS = 5;

/** Makes a fleet, lets its profile's failure modes strike, and has every system report it day by day. */
export function createIdentityFleet(options: FleetOptions): IdentityFleet {
  const { seed, devices: count, days = DAYS, profile = "default" } = options;
  const dice = createDice(seed);
  const mixture = mixtureOf(profile, seed);
  const numbers = createNumbers(dice.fork("numbers"), PARTITION_NAMES);
  const listing = createListing(dice.fork("listing"), numbers);
  const devices = Array.from({ length: count }, (_, no) =>
    buildDevice(no, { dice: dice.fork(`device ${no}`), numbers }),
  );
  for (const device of devices) list(device, listing, dice.fork(`known ${device.no}`));
  inject(
    { devices, listing, rates: mixture.rates },
    { days, numbers, listing },
    dice.fork("modes"),
  );
  return {
    devices,
    batches: () =>
      deliver({
        instances: listing.instances,
        days,
        dice: dice.fork("delivery"),
        hasSweeps: mixture.hasSweeps,
      }),
  };
}

/** Has every system list the device that happens to know it. */
function list(device: TrueDevice, listing: Listing, dice: Dice): void {
  for (const source of SOURCES) {
    if (dice.chance(device.kind.known[source])) listing.add(device, source);
  }
  // A sweep's sighting of an address that no row gives cannot be told whose it is.
  const rows = listing.recordsOf(device).filter(({ instance }) => instance.source !== "sweep");
  const [row] = rows;
  if (row === undefined || rows.some(({ traits }) => traits.ip)) return;
  row.traits = { ...row.traits, ip: true };
}

/** The modes of a device, "plain" where it has none. */
export function tagsOf({ modes }: TrueDevice): readonly ModeTag[] {
  return modes.size === 0 ? ["plain"] : [...modes].toSorted();
}
