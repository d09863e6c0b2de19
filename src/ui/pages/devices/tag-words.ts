/** What is said of a change of tags. Pure. */
import type { TagChange } from "../../calls/tag-work.ts";
import { counted } from "../../parts/counted.ts";
import { numberWords } from "../../parts/number-words.ts";
import { tagWord } from "./tag-text.ts";

/** How far it is. Without somebody who works it, it stands half-way. */
export function progressWords(
  { state, devices, changed, restored, skipped }: TagChange,
  isBusy: boolean,
): string {
  if (state === "running") {
    return isBusy
      ? `${numberWords(devices)} devices so far…`
      : `Half-way: tags changed: ${numberWords(changed)}, devices looked at: ${numberWords(devices)}.`;
  }
  if (state === "undoing") {
    return isBusy
      ? `${numberWords(restored)} tags put back so far…`
      : `Half-way back: tags put back: ${numberWords(restored)} of ${numberWords(changed)}.`;
  }
  if (state === "undone") {
    const kept =
      skipped === 0 ? "" : ` Set by another change since, and left: ${numberWords(skipped)}.`;
    return `Tags put back: ${numberWords(restored)}.${kept}`;
  }
  if (state === "stopped") {
    return `Left half-way: tags changed: ${numberWords(changed)}, put back: ${numberWords(restored)}.`;
  }
  return `Tags changed: ${numberWords(changed)}, devices looked at: ${numberWords(devices)}.`;
}

/** "role=edge, without lab" */
export function changeWords({ add, remove }: Pick<TagChange, "add" | "remove">): string {
  const added = Object.entries(add).map(([key, value]) => tagWord(key, value));
  return [...added, ...remove.map((key) => `without ${key}`)].join(", ");
}

/** Which devices it was of. */
export function reachWords({ device_ids: ids, q, query }: TagChange): string {
  if (ids !== undefined) return counted(ids.length, "picked device");
  return [q, query === "in:devices" ? undefined : query].filter(Boolean).join(" ") || "all devices";
}
