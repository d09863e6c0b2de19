import { FAILURE_MODES } from "../modes/catalog.ts";
import type { FailureMode, Scene } from "../modes/failure-mode.ts";
import type { Mode } from "../tags.ts";
import { PARTITION_NAMES } from "./build.ts";
import type { TrueDevice } from "./device.ts";
import type { Dice } from "./dice.ts";
import type { Listing } from "./listing.ts";

/** Share of all devices that a mode hits, from 0 to 1. */
export type Rates = Readonly<Record<Mode, number>>;

interface Turn {
  readonly mode: FailureMode;
  readonly dice: Dice;
  /** Devices of every partition in the order in which this mode looks at them. */
  readonly queues: ReadonlyMap<string, TrueDevice[]>;
  missing: number;
}

interface Fleet {
  readonly devices: readonly TrueDevice[];
  readonly listing: Listing;
  readonly rates: Rates;
}

/**
 * Lets every mode strike until it has hit its share of devices, or no device is left that fits. Modes take turns, one group
 * each, so that high rates starve none of them; those that rewrite devices or rows come before those that only add
 * to them. A mode with a rate above 0 strikes at least once.
 */
export function inject(fleet: Fleet, scene: Omit<Scene, "dice" | "bystander">, dice: Dice): void {
  const taken = new Set<TrueDevice>();
  for (const exclusive of [true, false]) {
    let turns = FAILURE_MODES.filter(
      (mode) => mode.exclusive === exclusive && fleet.rates[mode.tag] > 0,
    ).map((mode) => turnOf(mode, fleet, dice.fork(mode.tag)));
    while (turns.length > 0) {
      for (const turn of turns) takeTurn(turn, { fleet, scene, taken });
      turns = turns.filter(({ missing }) => missing > 0);
    }
  }
}

interface Field {
  readonly fleet: Fleet;
  readonly scene: Omit<Scene, "dice" | "bystander">;
  readonly taken: Set<TrueDevice>;
}

function takeTurn(turn: Turn, { fleet, scene, taken }: Field): void {
  const { mode, dice } = turn;
  const group = takeGroup(turn, fleet.listing, taken);
  turn.missing = group === undefined ? 0 : turn.missing - group.length;
  if (group === undefined) return;
  for (const device of group) {
    device.modes.add(mode.tag);
    if (mode.exclusive) taken.add(device);
  }
  const bystander: Scene["bystander"] = (partition, fits) =>
    findFrom(
      fleet.devices,
      dice.between(0, fleet.devices.length - 1),
      (device) => device.partition === partition && !taken.has(device) && fits(device),
    );
  mode.strike(group, { ...scene, dice, bystander });
}

function turnOf(mode: FailureMode, { devices, rates }: Fleet, dice: Dice): Turn {
  const byPartition = Map.groupBy(dice.shuffled(devices), ({ partition }) => partition);
  const missing = Math.max(1, Math.round(rates[mode.tag] * devices.length));
  return { mode, dice, queues: byPartition, missing };
}

function takeGroup(
  { mode, dice, queues, missing }: Turn,
  listing: Listing,
  taken: ReadonlySet<TrueDevice>,
): readonly TrueDevice[] | undefined {
  const [min, max] = mode.group;
  const size = Math.min(dice.between(min, max), Math.max(min, missing));
  const fits = (device: TrueDevice): boolean =>
    !(mode.exclusive && taken.has(device)) && mode.fits(device, listing);
  for (const home of partitionsBySize(queues, dice)) {
    const away = PARTITION_NAMES.filter((name) => name !== home);
    const homes = mode.spans === true ? [home, dice.pick(away)] : [home];
    const group = draw(
      size,
      homes.map((name) => queues.get(name) ?? []),
      fits,
    );
    if (group !== undefined) return group;
  }
  return undefined;
}

/** All partitions, one drawn by its number of devices first. */
function partitionsBySize(queues: Turn["queues"], dice: Dice): readonly string[] {
  const all = [...queues.keys()].toSorted();
  let rest = dice.next() * all.reduce((sum, name) => sum + (queues.get(name)?.length ?? 0), 0);
  const first = all.find((name) => {
    rest -= queues.get(name)?.length ?? 0;
    return rest < 0;
  });
  return first === undefined ? all : [first, ...all.filter((name) => name !== first)];
}

/** Takes `size` devices that fit off the queues in turn; puts nothing back that does not fit, it never will. */
function draw(
  size: number,
  queues: readonly TrueDevice[][],
  fits: (device: TrueDevice) => boolean,
): readonly TrueDevice[] | undefined {
  const group: TrueDevice[] = [];
  while (group.length < size) {
    const queue = queues[group.length % queues.length] ?? [];
    const device = queue.pop();
    if (device === undefined) return undefined;
    if (fits(device)) group.push(device);
  }
  return group;
}

/** The first item that fits, looking from `start` on and then from the beginning. */
function findFrom<T>(
  items: readonly T[],
  start: number,
  fits: (item: T) => boolean,
): T | undefined {
  for (let step = 0; step < items.length; step += 1) {
    const item = items[(start + step) % items.length];
    if (item !== undefined && fits(item)) return item;
  }
  return undefined;
}
