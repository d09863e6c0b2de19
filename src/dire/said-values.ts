/** Slots of a new table; a power of two, as all later sizes. */
const SLOTS_MIN = 4_096;
/** Fuller than this, looking a value up takes ever more steps. */
const FILL_MAX = 0.8;
/** Lowest bit of a slot: more than one has said it. */
const SEVERAL = 1;

/**
 * Which values were said, and which of them more than once: open addressing over 31 bits of a hash each, 5 to 10 bytes a value. Two
 * values of one hash are taken for one, of six million values one in 350: then it says "several" where one is right, never the
 * reverse. Nothing is ever taken out. Pure.
 */
export class SaidValues {
  #slots = new Uint32Array(SLOTS_MIN);
  #size = 0;

  /** Notes that one more record says a value. */
  note(partitionNo: number, value: string): void {
    if (this.#size + 1 > this.#slots.length * FILL_MAX) this.#grow();
    const key = keyOf(partitionNo, value);
    const at = slotOf(this.#slots, key);
    if (this.#slots[at] === 0) {
      this.#slots[at] = key;
      this.#size += 1;
    } else this.#slots[at] = key | SEVERAL;
  }

  /** Whether a record may have said it. */
  isSaid(partitionNo: number, value: string): boolean {
    return this.#slots[slotOf(this.#slots, keyOf(partitionNo, value))] !== 0;
  }

  /** Whether more than one record may have said it. */
  isShared(partitionNo: number, value: string): boolean {
    const slot = this.#slots[slotOf(this.#slots, keyOf(partitionNo, value))] ?? 0;
    return (slot & SEVERAL) !== 0;
  }

  #grow(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    for (const slot of this.#slots) if (slot !== 0) slots[slotOf(slots, slot)] = slot;
    this.#slots = slots;
  }
}

/** The slot that holds the key, or the empty one where it belongs. */
function slotOf(slots: Uint32Array, key: number): number {
  const mask = slots.length - 1;
  const wanted = key >>> 1;
  for (let at = wanted & mask; ; at = (at + 1) & mask) {
    const slot = slots[at] ?? 0;
    if (slot === 0 || slot >>> 1 === wanted) return at;
  }
}

/** 31 bits of FNV-1a, mixed as MurmurHash3 ends, above a bit that is free; never 0, which marks an empty slot. */
function keyOf(partitionNo: number, value: string): number {
  let hash = Math.imul(2_166_136_261 ^ partitionNo, 16_777_619);
  for (let i = 0; i < value.length; i += 1) {
    hash = Math.imul(hash ^ value.charCodeAt(i), 16_777_619);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) & ~SEVERAL) >>> 0 || 2;
}
