/** Devices side by side, so that one sees what tells them apart. Pure. */
import type { DeviceDetail } from "../../calls/devices.ts";
import { fieldTitle, LOCKABLE } from "../device/field-words.ts";

/** One field of all devices. */
export interface ComparedField {
  readonly title: string;
  /** In the order of the devices; undefined where one has none. */
  readonly values: readonly (string | undefined)[];
  /** "alone": nothing agrees or differs, as where only one device has a value. */
  readonly how: "same" | "differs" | "alone";
}

/** Fields that any of them has, in the order of a device's page; then who speaks of them. */
export function compared(devices: readonly DeviceDetail[]): readonly ComparedField[] {
  const rows = LOCKABLE.map((field) => ({
    title: fieldTitle(field),
    values: devices.map(({ fields }) => fields.find((one) => one.field === field)?.value),
  })).filter(({ values }) => values.some((value) => value !== undefined && value !== ""));
  const whence = {
    title: "Sources",
    values: devices.map(({ sources }) => sources.toSorted().join(", ")),
  };
  return [
    ...rows.map((row) => ({ ...row, how: howOf(row.values) })),
    // That other sources speak of it is no sign that it is another device.
    { ...whence, how: "alone" },
  ];
}

function howOf(values: ComparedField["values"]): ComparedField["how"] {
  const said = values.filter((value) => value !== undefined && value !== "");
  if (said.length < 2) return "alone";
  return new Set(said.map((value) => value?.toLowerCase())).size === 1 ? "same" : "differs";
}
