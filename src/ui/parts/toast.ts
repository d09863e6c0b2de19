/** Short messages about what was done, for all of the page. */
import { afterMs } from "../../lib/page-clock.ts";

/** One message. */
export interface Toast {
  readonly no: number;
  readonly tone: "good" | "bad";
  readonly text: string;
}

/** How long a message stays, ms; one of a failure stays until it is closed. */
const SHOWN_MS = 6_000;
/** More than this at once cannot be read. */
const TOASTS_MAX = 4;

let toasts: readonly Toast[] = [];
let lastNo = 0;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const tell of listeners) tell();
}

/** Shows a message. */
export function toast(text: string, tone: Toast["tone"] = "good"): void {
  lastNo += 1;
  const no = lastNo;
  set([...toasts, { no, tone, text }].slice(-TOASTS_MAX));
  if (tone === "good") afterMs(SHOWN_MS, () => closeToast(no));
}

/** Takes a message away. */
export function closeToast(no: number): void {
  set(toasts.filter((one) => one.no !== no));
}

/** The messages now; for useSyncExternalStore. */
export function shownToasts(): readonly Toast[] {
  return toasts;
}

/** Calls at every change until the function that it gives is called. */
export function onToasts(listen: () => void): () => void {
  listeners.add(listen);
  return () => listeners.delete(listen);
}
