/** What an operator may set of how long things are kept and when they go. Pure. */
import { err, ok, type Result } from "../lib/result.ts";

/** One setting: a whole number within bounds. */
export interface RetentionSetting {
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
  /** What it decides, for operators. */
  readonly about: string;
}

/** Settings by name. Bounds of the clean-up are the original's (device_cleanup_settings). */
export const RETENTION_SETTINGS = {
  absent_runs: {
    fallback: 3,
    min: 1,
    max: 1_000,
    about: "complete full runs (discoveries) without a record before it is retired",
  },
  absent_hours: {
    fallback: 24,
    min: 0,
    max: 8_760,
    about: "hours since the first of these runs, at least",
  },
  guard_records: {
    fallback: 10,
    min: 0,
    max: 1_000_000,
    about: "so many records of a source are retired at once without asking, whatever their share",
  },
  guard_percent: {
    fallback: 10,
    min: 0,
    max: 100,
    about: "this share of a source's records is retired at once without asking",
  },
  cleanup_enabled: {
    fallback: 1,
    min: 0,
    max: 1,
    about: "whether retired devices are ever removed for good: 1 yes, 0 no",
  },
  retention_days: {
    fallback: 30,
    min: 1,
    max: 3_650,
    about: "days that a retired device is kept before it is removed for good",
  },
  cleanup_interval_minutes: {
    fallback: 1_440,
    min: 5,
    max: 43_200,
    about: "minutes between clean-ups",
  },
  batch_size: {
    fallback: 1_000,
    min: 100,
    max: 50_000,
    about: "records or devices that one transaction retires or removes",
  },
  run_timeout_minutes: {
    fallback: 60,
    min: 5,
    max: 10_080,
    about: "minutes without a chunk or a manifest after which a run is given up",
  },
  run_history_days: {
    fallback: 90,
    min: 1,
    max: 3_650,
    about: "days that runs and the hashes of their chunks are kept",
  },
  journal_days: {
    fallback: 14,
    min: 14,
    max: 30,
    about: "days in which a run can be verified and undone",
  },
  command_days: {
    fallback: 30,
    min: 1,
    max: 3_650,
    about: "days that commands to agents and their answers are kept",
  },
  enrolment_token_days: {
    fallback: 30,
    min: 1,
    max: 3_650,
    about: "days that an enrolment token is kept after it expired, used or not",
  },
  rehearsal_days: {
    fallback: 30,
    min: 1,
    max: 3_650,
    about: "days that a rehearsal and the changes that it lists are kept after it ended",
  },
  hold_days: {
    fallback: 90,
    min: 1,
    max: 3_650,
    about: "days that a publication which was held is kept after it was decided",
  },
  tag_change_days: {
    fallback: 90,
    min: 1,
    max: 3_650,
    about: "days in which a change of the tags of many devices can be taken back",
  },
  audit_days: {
    fallback: 730,
    min: 30,
    max: 36_500,
    about: "days that the audit of what operators did is kept",
  },
} as const satisfies Readonly<Record<string, RetentionSetting>>;

/** Name of a setting. */
export type RetentionName = keyof typeof RETENTION_SETTINGS;

/** Every setting's value. */
export type Retention = Readonly<Record<RetentionName, number>>;

/** All names, in the order in which they are shown. */
export const RETENTION_NAMES = Object.keys(RETENTION_SETTINGS) as readonly RetentionName[];

/** The settings in force: what was set, within bounds, and the defaults. */
export function retentionOf(set: Readonly<Record<string, unknown>>): Retention {
  const values = RETENTION_NAMES.map((name) => {
    const value = set[name];
    const isGood = typeof value === "number" && checkRetention(name, value).ok;
    return [name, isGood ? value : RETENTION_SETTINGS[name].fallback] as const;
  });
  return Object.fromEntries(values) as Record<RetentionName, number>;
}

/** Whether a value may be set. The error names the setting. */
export function checkRetention(name: RetentionName, value: number): Result<number> {
  const { min, max } = RETENTION_SETTINGS[name];
  if (Number.isInteger(value) && value >= min && value <= max) return ok(value);
  return err(`${name} must be a whole number from ${min} to ${max}, not ${value}`);
}
