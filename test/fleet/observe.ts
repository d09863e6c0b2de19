import { isoTime } from "../../src/lib/clock.ts";
import { STYLES } from "./views/styles.ts";
import { toWire, type WireUpdate } from "./wire.ts";
import { applyChanges, stateAt, type Moment, type TrueDevice } from "./world/device.ts";
import type { Dice } from "./world/dice.ts";
import type { SourceRecord } from "./world/record.ts";
import type { Run } from "./world/runs.ts";

/** One update with the true device behind it. */
export interface Delivered {
  readonly device: TrueDevice;
  readonly update: WireUpdate;
}

/** Midnight before day 0, a Monday. */
const FIRST_DAY_MS = Date.UTC(2026, 2, 2);
const DAY_MS = 86_400_000;
/** Between two updates of one run: 60,000 updates of one system lie within two and a half hours. */
const STEP_MS = 150;
/** Devices that answer both sweeps of a day; the others answer one. */
const SWEPT_TWICE = 0.15;
/** Sweeps that get no answer though the device holds the address. */
const SILENT = 0.05;

/** What a run says of one row; undefined where the row is not listed then or its device not there. */
export function observe(
  record: SourceRecord,
  run: Run,
  { nth, dice }: { nth: number; dice: Dice },
): Delivered | undefined {
  const { instance } = record;
  const at = run.at + (nth * STEP_MS) / DAY_MS;
  if (record.gaps.some((gap) => gap(at)) || !isAsked(record, run)) return undefined;
  const device = record.deviceAt(at);
  const state = stateAt(device, at);
  const style = STYLES[instance.source];
  if (style.watches && !state.isPresent) return undefined;
  const view = applyChanges(style.describe(record, state), record.changes, at);
  return {
    device,
    update: toWire(view, {
      instance,
      timestamp: timestampOf(at),
      available: availability(record, dice),
    }),
  };
}

/** Of two sweeps a day most devices answer one, always the same. */
function isAsked({ no, instance }: SourceRecord, { nth }: Run): boolean {
  if (instance.source !== "sweep") return true;
  return no % 2 === nth || (no * 0.618_034) % 1 < SWEPT_TWICE;
}

/** Only who touches the device knows whether it answers. */
function availability({ instance }: SourceRecord, dice: Dice): boolean | undefined {
  if (instance.source === "sweep") return !dice.chance(SILENT);
  return instance.source === "agent" || instance.source === "mapper" ? true : undefined;
}

function timestampOf(at: Moment): string {
  return isoTime(FIRST_DAY_MS + Math.round(at * DAY_MS));
}
