import type { Moment } from "./device.ts";
import type { Dice } from "./dice.ts";
import type { SourceName } from "./kinds.ts";
import type { Instance } from "./record.ts";

/** One time that a system is asked for all it knows. */
export interface Run {
  readonly instance: Instance;
  readonly day: number;
  /** When it begins. */
  readonly at: Moment;
  /** 0 for the day's first run of this system. */
  readonly nth: number;
}

/** Hours at which runs begin, at the earliest: systems of record by night, agents and pollers at work time, two sweeps. */
const HOURS: Readonly<Record<SourceName, readonly number[]>> = {
  netbox: [1],
  servicenow: [2],
  armis: [7],
  agent: [13],
  mapper: [15],
  sweep: [0, 18],
};
/** Long enough that the night's runs come in another order every day. */
const JITTER_HOURS = 3;

/** The runs of a day in the order in which they begin. */
export function runsOf(instances: readonly Instance[], day: number, dice: Dice): readonly Run[] {
  return instances
    .flatMap((instance) =>
      HOURS[instance.source].map((hour, nth): Run => {
        const jitter = dice.fork(`${instance.name} ${day} ${nth}`).next() * JITTER_HOURS;
        return { instance, day, nth, at: day + (hour + jitter) / 24 };
      }),
    )
    .toSorted((a, b) => a.at - b.at);
}
