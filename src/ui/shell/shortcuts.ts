/** Keys that work on every page. Pure: keys in, acts out. */
import { PLACES, type Place } from "./nav.ts";

/** What a key asks for. */
export type ShortcutAct =
  | { readonly kind: "none" }
  /** The first of two keys. */
  | { readonly kind: "began" }
  | { readonly kind: "find" }
  | { readonly kind: "palette" }
  | { readonly kind: "help" }
  | { readonly kind: "go"; readonly place: Place };

/** What of a key event matters. */
export interface Key {
  readonly key: string;
  readonly isControl: boolean;
  readonly isOther: boolean;
  /** Whether the reader is writing something. */
  readonly isTyping: boolean;
}

/** How long after `g` the second key counts, ms. */
export const SECOND_KEY_MS = 1_500;

/** Says what a key asks for; `hasBegun` after `g`. */
export function shortcut(key: Key, hasBegun: boolean): ShortcutAct {
  if (key.isControl) return key.key.toLowerCase() === "k" ? { kind: "palette" } : { kind: "none" };
  if (key.isTyping || key.isOther) return { kind: "none" };
  if (hasBegun) {
    const place = PLACES.find((one) => one.key === key.key);
    return place === undefined ? { kind: "none" } : { kind: "go", place };
  }
  if (key.key === "g") return { kind: "began" };
  if (key.key === "/") return { kind: "find" };
  return key.key === "?" ? { kind: "help" } : { kind: "none" };
}

/** All of them with what they do, for the help. */
export const SHORTCUT_HELP: readonly (readonly [keys: readonly string[], about: string])[] = [
  [["Ctrl", "K"], "Go anywhere, find a device"],
  [["/"], "Search or filter on this page"],
  ...PLACES.flatMap(({ key, title }): [readonly string[], string][] =>
    key === undefined ? [] : [[["g", key], title]],
  ),
  [["Home", "End"], "Devices: first, last of all, in a list that has the focus"],
  [["j", "k"], "Review: next, previous case"],
  [["a", "d"], "Review: accept, dismiss"],
  [["e"], "Review: explain, on the device's page"],
  [["u"], "Review: take the last decision back"],
  [["?"], "This help"],
];
