/** What a rehearsal promises of one device, in words. Pure. */
import type { RehearsalChange } from "../../calls/rehearsals.ts";
import { told } from "../told.ts";

/** One sentence. */
export function changeWords(change: RehearsalChange): string {
  const { fields, to_id: to, reason, value_type: type, value, other_record_no: other } = change;
  if (fields !== undefined) {
    return fields
      .map(({ field, before, after }) => `${field}: ${told(before)} → ${told(after)}`)
      .join("; ");
  }
  if (to !== undefined) return `joins ${to}${reason === undefined ? "" : ` (${reason})`}`;
  if (type !== undefined) return `${type} ${value ?? ""} joins no records any more`;
  if (other !== undefined) {
    return `looks like record ${other}, and is held apart${reason === undefined ? "" : `: ${reason}`}`;
  }
  if (change.device_goes !== undefined) {
    return change.device_goes ? "is not named any more; the device goes" : "is not named any more";
  }
  return reason ?? "is new";
}
