import type { ContentDigest } from "./content-digest.ts";

/** Slots of a new table; a power of two, as all later sizes. */
const SLOTS_MIN = 1_024;
/** Fuller than this, looking a content up takes ever more steps. */
const FILL_MAX = 0.75;
const TWO_32 = 2 ** 32;

/**
 * Which record shows a content: open addressing over flat arrays, 16 bytes a slot, 21 to 43 bytes a record. A Map with texts as keys
 * takes 150. Record numbers begin at 1; 0 marks an empty slot. Pure.
 */
export class ContentTable {
  #high = new Int32Array(SLOTS_MIN);
  #low = new Int32Array(SLOTS_MIN);
  #check = new Int32Array(SLOTS_MIN);
  #recordNo = new Int32Array(SLOTS_MIN);
  #size = 0;

  /** Contents held. */
  get size(): number {
    return this.#size;
  }

  /** The record that shows this content. */
  find(digest: ContentDigest): number | undefined {
    const recordNo = this.#recordNo[this.#slotOf(digest)] ?? 0;
    return recordNo === 0 ? undefined : recordNo;
  }

  /** Notes that a record shows this content. */
  put(digest: ContentDigest, recordNo: number): void {
    if (this.#size + 1 > this.#recordNo.length * FILL_MAX) this.#grow();
    const slot = this.#slotOf(digest);
    if (this.#recordNo[slot] === 0) this.#size += 1;
    this.#high[slot] = highOf(digest);
    this.#low[slot] = lowOf(digest);
    this.#check[slot] = digest.check;
    this.#recordNo[slot] = recordNo;
  }

  /** Notes that no record shows this content any more. */
  remove(digest: ContentDigest): void {
    let hole = this.#slotOf(digest);
    if (this.#recordNo[hole] === 0) return;
    this.#size -= 1;
    const mask = this.#recordNo.length - 1;
    // What lies behind in the same chain moves up, so that looking it up never meets a gap.
    for (let slot = (hole + 1) & mask; this.#recordNo[slot] !== 0; slot = (slot + 1) & mask) {
      const home = (this.#low[slot] ?? 0) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      this.#move(slot, hole);
      hole = slot;
    }
    this.#recordNo[hole] = 0;
  }

  /** The slot that holds the digest, or the empty one where it belongs. */
  #slotOf(digest: ContentDigest): number {
    const [high, low, mask] = [highOf(digest), lowOf(digest), this.#recordNo.length - 1];
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      if (this.#recordNo[slot] === 0) return slot;
      const isSame =
        this.#low[slot] === low && this.#high[slot] === high && this.#check[slot] === digest.check;
      if (isSame) return slot;
    }
  }

  #move(from: number, to: number): void {
    this.#high[to] = this.#high[from] ?? 0;
    this.#low[to] = this.#low[from] ?? 0;
    this.#check[to] = this.#check[from] ?? 0;
    this.#recordNo[to] = this.#recordNo[from] ?? 0;
  }

  #grow(): void {
    const [high, low, check, recordNo] = [this.#high, this.#low, this.#check, this.#recordNo];
    const slots = recordNo.length * 2;
    this.#high = new Int32Array(slots);
    this.#low = new Int32Array(slots);
    this.#check = new Int32Array(slots);
    this.#recordNo = new Int32Array(slots);
    this.#size = 0;
    for (const [i, no] of recordNo.entries()) {
      if (no === 0) continue;
      const hash = (high[i] ?? 0) * TWO_32 + ((low[i] ?? 0) >>> 0);
      this.put({ hash, check: check[i] ?? 0 }, no);
    }
  }
}

function highOf({ hash }: ContentDigest): number {
  return Math.floor(hash / TWO_32);
}

function lowOf({ hash }: ContentDigest): number {
  return hash | 0;
}
