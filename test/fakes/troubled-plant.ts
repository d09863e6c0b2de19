/**
 * The machines of one plant, day by day, as a collector sees them that gets much wrong: cloned serials, a dock that two laptops
 * share, a name that many have, addresses without end, machines that leave, serials that become those of others. It names
 * devices that another source knows, so that there is something to decide. Pure.
 */
import { createFleet, type Fleet, type FleetDevice } from "./fleet.ts";

/** What the plant has, and whose devices it mistakes its own for. */
export interface PlantOptions {
  /** Devices that another source knows: PLANT_KNOWN_MIN, and one more for each tag. */
  readonly known: Fleet;
  /** Tags whose serials become those of known devices on the last day. */
  readonly tags: number;
}

/** Days on which something changes; after the last nothing does. */
export const PLANT_DAYS = 5;
/** Known devices that are needed besides those of tags. */
const PLANT_KNOWN_MIN = 20;
/** Handhelds that the plant has on its first day alone. */
export const PLANT_LEAVING = 30;
/** More than the 16 records that may share a name. */
const KIOSKS = 20;
/** More than the 32 addresses that nobody wonders about. */
const PROXY_IPS = 40;
/** Of what the machines are besides. */
const SEED = 4_711;

type Machine = Partial<FleetDevice>;

/** The plant's machines on a day, counted from 1. Each day has the same places; the PLANT_LEAVING stand last. */
export function plantMachines({ known, tags }: PlantOptions, day: number): readonly FleetDevice[] {
  const machines: readonly Machine[] = [
    ...clones(known.device(8)),
    ...laptopsOfOneDock(),
    ...[1, 2, 3].map((nth) => macAlone(known.device(nth))),
    ...wanderers(known.device(12), known.device(18), day),
    { name: "aus1-nat-01", ips: many(PROXY_IPS, (nth) => `10.15.0.${nth + 1}`) },
    ...many(KIOSKS, () => ({ name: "kiosk" })),
    ...many(tags, (nth) => ({
      name: `aus1-tag-${label(nth)}`,
      ...(day < PLANT_DAYS ? {} : { serial: known.device(PLANT_KNOWN_MIN + nth).serial }),
    })),
    ...many(PLANT_LEAVING, (nth) => ({ name: `aus1-scan-${label(nth)}` })),
  ];
  const own = createFleet({ seed: SEED, devices: machines.length });
  return machines.map((machine, index) => ({ ...ownOf(own, index), ...machine, id: index + 1 }));
}

/** With a serial and a MAC that nobody else has: those of other fleets are dealt out by chance, and may meet. */
function ownOf(fleet: Fleet, index: number): FleetDevice {
  const hex = index.toString(16).toUpperCase().padStart(4, "0");
  return {
    ...fleet.device(index),
    serial: `AUS${label(index)}`,
    macs: [`00:A0:F8:A5:${hex.slice(0, 2)}:${hex.slice(2)}`],
    manufacturer: "",
    model: "",
    ips: [],
    site: "Austin Plant",
    location: "Austin",
  };
}

/** Two panels of one image: both bear the serial of the device that it was made from. */
function clones({ serial }: FleetDevice): readonly Machine[] {
  return [1, 2].map((nth) => ({ name: `aus1-hmi-0${nth}`, serial }));
}

function laptopsOfOneDock(): readonly Machine[] {
  return [1, 2].map((nth) => ({ name: `LT-AUS-0${nth}`, macs: ["A4:AE:11:0C:20:01"] }));
}

/** Nothing but the MAC of a device that is known elsewhere. */
function macAlone({ macs }: FleetDevice): Machine {
  return { name: "", serial: "", macs: macs.slice(0, 1) };
}

/**
 * A machine that is nobody, then bears a known device's name and goes to it, leaves it when a second machine has that name
 * too, and goes to another device when it comes to tell its serial.
 */
function wanderers(before: FleetDevice, after: FleetDevice, day: number): readonly Machine[] {
  const { name, manufacturer, model } = before;
  const nobody = { name: "", serial: "" };
  const named = { ...nobody, name, manufacturer, model };
  const [second, third] = [day >= 2, day >= 4];
  return [
    { ...(second ? named : nobody), ...(third ? { serial: after.serial } : {}) },
    { name: day >= 3 ? name : "aus1-cam-01", model: "P3245-V" },
  ];
}

function many<T>(count: number, make: (nth: number) => T): T[] {
  return Array.from({ length: count }, (_, nth) => make(nth));
}

function label(nth: number): string {
  return String(nth + 1).padStart(3, "0");
}
