import type { FailureMode } from "./failure-mode.ts";

/** Updates that arrive a day or two after they happened; the delivery reads the tag. */
export const LATE_UPDATE: FailureMode = {
  tag: "late_update",
  group: [1, 1],
  exclusive: false,
  fits: (device, listing) => listing.recordsOf(device).length > 0,
  strike: () => {},
};

/** Updates that arrive twice; the delivery reads the tag. */
export const REDELIVERED: FailureMode = {
  tag: "redelivered",
  group: [1, 1],
  exclusive: false,
  fits: (device, listing) => listing.recordsOf(device).length > 0,
  strike: () => {},
};
