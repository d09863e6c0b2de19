/** Tables that values are shared out over, by bits of their hash that no table holds; a power of two. */
const SHELVES = 1_024;
/** Slots of a new table; a power of two, as all later sizes. */
const SLOTS_MIN = 16;
/** Fuller than this, looking a value up takes ever more steps. */
const FILL_MAX = 0.8;
/** Lowest bit of a slot: more than one has said it. */
const SEVERAL = 1;
const TWO_32 = 2 ** 32;

/**
 * Which values were said, and which of them more than once: open addressing over 41 bits of a hash each, of which a slot holds 31; 5 to
 * 10 bytes a value. Two values of one hash are taken for one, of six million values one in 370,000: then it says "several" where one is
 * right, never the reverse. With 31 bits in all it was one in 350, and of the 5,000 records of a chunk there were always some that
 * had to be looked for. Nothing is ever taken out. Pure.
 */
export class SaidValues {
  readonly #shelves: (Shelf | undefined)[] = Array.from({ length: SHELVES });

  /** Notes that one more record says a value. */
  note(partitionNo: number, value: string): void {
    const hash = hashOf(partitionNo, value);
    const no = shelfOf(hash);
    const shelf = (this.#shelves[no] ??= new Shelf());
    shelf.note(keyOf(hash));
  }

  /** Whether a record may have said it. */
  isSaid(partitionNo: number, value: string): boolean {
    return this.#slot(partitionNo, value) !== 0;
  }

  /** Whether more than one record may have said it. */
  isShared(partitionNo: number, value: string): boolean {
    return (this.#slot(partitionNo, value) & SEVERAL) !== 0;
  }

  #slot(partitionNo: number, value: string): number {
    const hash = hashOf(partitionNo, value);
    return this.#shelves[shelfOf(hash)]?.slot(keyOf(hash)) ?? 0;
  }
}

/** One table. */
class Shelf {
  #slots = new Uint32Array(SLOTS_MIN);
  #size = 0;

  note(key: number): void {
    if (this.#size + 1 > this.#slots.length * FILL_MAX) this.#grow();
    const at = placeOf(this.#slots, key);
    if (this.#slots[at] === 0) {
      this.#slots[at] = key;
      this.#size += 1;
    } else this.#slots[at] = key | SEVERAL;
  }

  /** What stands in the key's slot: 0 where nobody noted it. */
  slot(key: number): number {
    return this.#slots[placeOf(this.#slots, key)] ?? 0;
  }

  #grow(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    for (const slot of this.#slots) if (slot !== 0) slots[placeOf(slots, slot)] = slot;
    this.#slots = slots;
  }
}

/** The slot that holds the key, or the empty one where it belongs. */
function placeOf(slots: Uint32Array, key: number): number {
  const mask = slots.length - 1;
  const wanted = key >>> 1;
  for (let at = wanted & mask; ; at = (at + 1) & mask) {
    const slot = slots[at] ?? 0;
    if (slot === 0 || slot >>> 1 === wanted) return at;
  }
}

function shelfOf(hash: number): number {
  return Math.floor(hash / TWO_32);
}

/** 31 bits above one that is free; never 0, which marks an empty slot. */
function keyOf(hash: number): number {
  return (hash & ~SEVERAL) >>> 0 || 2;
}

/** 42 bits: those of two hashes that run beside each other as FNV-1a does, each mixed as MurmurHash3 ends. */
function hashOf(partitionNo: number, value: string): number {
  let low = Math.imul(2_166_136_261 ^ partitionNo, 16_777_619);
  let high = Math.imul(0x9e3779b9 ^ partitionNo, 0x85ebca77);
  for (let i = 0; i < value.length; i += 1) {
    const code = value.charCodeAt(i);
    low = Math.imul(low ^ code, 16_777_619);
    high = Math.imul(high ^ code, 0x85ebca77);
  }
  return (mixed(high) & (SHELVES - 1)) * TWO_32 + mixed(low);
}

function mixed(hash: number): number {
  let bits = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
