import type { ModeTag } from "../tags.ts";
import type { DeviceKind } from "./kinds.ts";

/** What is true of a device at one moment. */
export interface DeviceState {
  readonly host: string;
  readonly serial: string;
  readonly asset: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly os: string;
  readonly role: string;
  readonly category: string;
  readonly type: string;
  readonly site: string;
  /** Its own network cards; the first is the one it talks with. */
  readonly macs: readonly string[];
  readonly ip: string;
  /** Switched on and in the building: only then do those see it that watch the network. */
  readonly isPresent: boolean;
}

/** Days since the fleet's first midnight UTC; 1.5 is noon of the second day. */
export type Moment = number;

/** A change of something for the moments that `when` names. */
export interface Change<T> {
  readonly when: (at: Moment) => boolean;
  readonly apply: (before: T, at: Moment) => T;
}

/** One true device. */
export interface TrueDevice {
  readonly no: number;
  readonly kind: DeviceKind;
  readonly partition: string;
  readonly modes: Set<ModeTag>;
  base: DeviceState;
  /** Applied in order on top of `base`. */
  readonly changes: Change<DeviceState>[];
}

/** What is true of the device at that moment. */
export function stateAt(device: TrueDevice, at: Moment): DeviceState {
  return applyChanges(device.base, device.changes, at);
}

/** `start` after all changes that hold at that moment, in their order. */
export function applyChanges<T>(start: T, changes: readonly Change<T>[], at: Moment): T {
  return changes.reduce((now, change) => (change.when(at) ? change.apply(now, at) : now), start);
}

/** The day that a moment lies in. */
export function dayOf(at: Moment): number {
  return Math.floor(at);
}

/** True from that day's midnight on. */
export function since(day: number): (at: Moment) => boolean {
  return (at) => at >= day;
}

/** True before that day's midnight. */
export function before(day: number): (at: Moment) => boolean {
  return (at) => at < day;
}

/** True at every moment. */
export function always(): boolean {
  return true;
}
