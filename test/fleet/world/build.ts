import { invariant } from "../../../src/lib/invariant.ts";
import { SITES } from "../../fakes/fleet-kinds.ts";
import type { DeviceState, TrueDevice } from "./device.ts";
import type { Dice } from "./dice.ts";
import { DEVICE_KINDS, type DeviceKind } from "./kinds.ts";
import type { Numbers } from "./numbers.ts";

/** The partitions and how many of ten devices stand in each. */
const PARTITIONS = { default: 6, "plant-2": 3, "branch-3": 1 } as const;

/** Names of the partitions. */
export const PARTITION_NAMES: readonly string[] = Object.keys(PARTITIONS);

/** Which partitions a die of ten faces picks. */
const PARTITION_DIE = Object.entries(PARTITIONS).flatMap(([name, share]) =>
  Array<string>(share).fill(name),
);
const WEIGHTS = DEVICE_KINDS.reduce((sum, { weight }) => sum + weight, 0);
/** Days of absence are rolled once, as bits. */
const DAYS_MAX = 30;
const ABSENCE = 0.1;
const NICS_MAX = 2;

/** The true device with that number, before anything goes wrong with it. */
export function buildDevice(
  no: number,
  { dice, numbers }: { dice: Dice; numbers: Numbers },
): TrueDevice {
  const kind = pickKind(dice);
  const partition = dice.pick(PARTITION_DIE);
  const device: TrueDevice = {
    no,
    kind,
    partition,
    modes: new Set(),
    base: buildState({ kind, partition, dice, numbers }),
    changes: [],
  };
  const absent = Array.from({ length: DAYS_MAX }, () => kind.roams && dice.chance(ABSENCE));
  device.changes.push({
    when: (at) => absent[Math.floor(at) % DAYS_MAX] === true,
    apply: (state) => ({ ...state, isPresent: false }),
  });
  return device;
}

function pickKind(dice: Dice): DeviceKind {
  let rest = dice.between(0, WEIGHTS - 1);
  const kind = DEVICE_KINDS.find(({ weight }) => {
    rest -= weight;
    return rest < 0;
  });
  invariant(kind !== undefined, "weights add up to their sum");
  return kind;
}

interface Making {
  readonly kind: DeviceKind;
  readonly partition: string;
  readonly dice: Dice;
  readonly numbers: Numbers;
}

/** A new machine of that kind: also what a replacement is made of. */
export function buildState({ kind, partition, dice, numbers }: Making): DeviceState {
  const make = dice.pick(kind.makes);
  const site = dice.pick(SITES);
  const code = uniqueCode(numbers);
  const macs = Array.from({ length: dice.between(1, nicsMax(kind)) }, () => numbers.mac(make.oui));
  const macHex = (macs[0] ?? "").replaceAll(":", "");
  return {
    host: kind.nameOf({ siteCode: site.code, code, macHex }),
    serial: `${make.serialPrefix}${code.toUpperCase().padStart(7, "0")}`,
    asset: `IT-${String(numbers.next("asset", 1)).padStart(6, "0")}`,
    manufacturer: make.manufacturer,
    model: make.model,
    os: make.os.join(" ").trim(),
    role: kind.role,
    category: kind.category,
    type: kind.type,
    site: site.name,
    macs,
    ip: numbers.ip(partition),
    isPresent: true,
  };
}

function nicsMax({ role }: DeviceKind): number {
  return ["server", "switch", "router", "firewall", "laptop"].includes(role) ? NICS_MAX : 1;
}

/** Five digits of base 36, unlike any other and in no order that a reader could guess. */
function uniqueCode(numbers: Numbers): string {
  const codes = 36 ** 5;
  // 7,919 is prime and shares no factor with 36^5, so the codes of the first 60 million differ.
  return ((numbers.next("code", 1) * 7_919 * 6_173) % codes).toString(36).padStart(5, "0");
}
