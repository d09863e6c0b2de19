import { createHash } from "node:crypto";

import type { Position } from "./checkpoint.ts";

/**
 * Stands before the entries of a run that was taken up: the first of them the gateway has already. They are held back until they are
 * shown to be those, and dropped; where the source has changed meanwhile, they go again, which changes nothing in the core.
 */
export class TakenUp {
  readonly #behind: Position["behind"];
  readonly #held: string[] = [];

  constructor(behind: Position["behind"]) {
    this.#behind = behind;
  }

  /** Whether more entries are to be shown. */
  get isOpen(): boolean {
    return this.#held.length < this.#behind.entries;
  }

  /** Takes an entry while open. */
  hold(entry: string): void {
    this.#held.push(entry);
  }

  /** Decides: those that the gateway has, or those that are to be sent. */
  decide(): { readonly known: readonly string[]; readonly toSend: readonly string[] } {
    const held = this.#held.splice(0);
    const hash = createHash("sha256");
    for (const entry of held) hash.update(entry);
    const isKnown =
      held.length === this.#behind.entries && hash.digest("hex") === this.#behind.sha256;
    return isKnown ? { known: held, toSend: [] } : { known: [], toSend: held };
  }
}
