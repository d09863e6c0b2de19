import type { Change, DeviceState, Moment, TrueDevice } from "./device.ts";
import type { SourceName } from "./kinds.ts";

/** What a system says of a device in one run; undefined and empty lists stay out of the update. */
export interface View {
  readonly native: string;
  readonly host?: string | undefined;
  readonly ip?: string | undefined;
  /** In `mac`, joined by commas as raw Armis rows have them. */
  readonly macs: readonly string[];
  /** In `metadata.all_macs`: the device's own by the system's account. */
  readonly allMacs: readonly string[];
  readonly allIps: readonly string[];
  readonly serial?: string | undefined;
  readonly asset?: string | undefined;
  readonly manufacturer?: string | undefined;
  readonly model?: string | undefined;
  readonly os?: string | undefined;
  /** Agent that collected the update, where it is not the source's usual one. */
  readonly collector?: string | undefined;
  /** Further metadata. */
  readonly extra: Readonly<Record<string, string>>;
}

/** How one record is kept, for ever: which fields its system fills for this device. */
interface Traits {
  readonly host: boolean;
  readonly ip: boolean;
  readonly serial: boolean;
  readonly asset: boolean;
  /** MACs in `mac`: none, the one the device talks with, or all. */
  readonly macs: "none" | "one" | "all";
  readonly allMacs: boolean;
}

/** A system as configured once: its ids mean nothing outside it. */
export interface Instance {
  /** What `batches.json` calls it. */
  readonly name: string;
  readonly source: SourceName;
  readonly partition: string;
  readonly records: SourceRecord[];
}

/** One row of a system. */
export interface SourceRecord {
  readonly no: number;
  instance: Instance;
  native: string;
  traits: Traits;
  /** The system lists the row unless one of these holds. */
  readonly gaps: ((at: Moment) => boolean)[];
  /** The true device that the row describes. */
  deviceAt: (at: Moment) => TrueDevice;
  /** What goes wrong with this row, applied in order. */
  readonly changes: Change<View>[];
}

/** How a system keeps and reports devices. */
export interface SourceStyle {
  /** Whether its rows vanish while the device is absent. */
  readonly watches: boolean;
  deal(state: DeviceState, chance: (probability: number) => boolean): Traits;
  describe(record: SourceRecord, state: DeviceState): View;
  /** Metadata beyond what all systems share. */
  metadata(view: View): Readonly<Record<string, string | undefined>>;
}
