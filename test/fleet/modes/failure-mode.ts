import type { Mode } from "../tags.ts";
import type { TrueDevice } from "../world/device.ts";
import type { Dice } from "../world/dice.ts";
import type { Listing } from "../world/listing.ts";
import type { Numbers } from "../world/numbers.ts";

/** What a failure mode works with. */
export interface Scene {
  readonly days: number;
  readonly dice: Dice;
  readonly numbers: Numbers;
  readonly listing: Listing;
  /** Some device of the partition that fits and has no exclusive mode. */
  readonly bystander: (
    partition: string,
    fits: (device: TrueDevice) => boolean,
  ) => TrueDevice | undefined;
}

/** One way in which a fleet goes wrong. */
export interface FailureMode {
  readonly tag: Mode;
  /** How many devices it hits at once, at least and at most; all in one partition unless `spans`. */
  readonly group: readonly [min: number, max: number];
  /** Rewrites what a device or its rows are, so that no other such mode may hit the same device. */
  readonly exclusive: boolean;
  /** Takes every second device of a group from another partition than the first. */
  readonly spans?: boolean;
  fits(device: TrueDevice, listing: Listing): boolean;
  strike(group: readonly TrueDevice[], scene: Scene): void;
}

/** True for devices of one of these kinds. */
export function isOf(...roles: readonly string[]): (device: TrueDevice) => boolean {
  return ({ kind }) => roles.includes(kind.role);
}

/** What people carry home. */
export const isLaptop = isOf("laptop");
/** What forwards packets. */
export const isNetworkGear = isOf("switch", "router", "firewall");
/** What runs services. */
export const isServer = isOf("server", "virtual-machine");

/** A day on which something changes: there is at least one before it and itself after it. */
export function dayOfChange({ days, dice }: Scene): number {
  return days < 2 ? 1 : dice.between(1, days - 1);
}
