import { always, type DeviceState, type Moment, type TrueDevice } from "../world/device.ts";
import type { SourceRecord, View } from "../world/record.ts";

/** What a row says otherwise than it should. */
type Alteration = Partial<View> | ((view: View, at: Moment) => Partial<View>);

/** Makes a row say something else whenever `when` holds. Nothing happens where there is no such row. */
export function alter(
  record: SourceRecord | undefined,
  alteration: Alteration,
  when: (at: Moment) => boolean = always,
): void {
  record?.changes.push({
    when,
    apply: (view, at) => ({
      ...view,
      ...(typeof alteration === "function" ? alteration(view, at) : alteration),
    }),
  });
}

/** Makes something else true of a device whenever `when` holds: every system that looks then sees it. */
export function become(
  device: TrueDevice,
  state: Partial<DeviceState> | ((before: DeviceState, at: Moment) => Partial<DeviceState>),
  when: (at: Moment) => boolean = always,
): void {
  device.changes.push({
    when,
    apply: (before, at) => ({
      ...before,
      ...(typeof state === "function" ? state(before, at) : state),
    }),
  });
}

/** The row's MACs when the device talks through another card: only that one, or that one as well where rows list all. */
export function seenThrough(
  record: SourceRecord | undefined,
  mac: string,
): (view: View) => Partial<View> {
  return (view) => ({
    macs: record?.traits.macs === "all" ? [...view.macs, mac] : [mac],
    allMacs: view.allMacs.length > 0 ? [...view.allMacs, mac] : [],
  });
}

/** The row lists that MAC beside the device's own. */
export function listed(mac: string): (view: View) => Partial<View> {
  return (view) => ({
    macs: view.macs.length > 1 ? [...view.macs, mac] : view.macs,
    allMacs: view.allMacs.length > 0 ? [...view.allMacs, mac] : [],
  });
}
