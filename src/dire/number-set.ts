/** A growing set of small whole numbers, one bit each: 125 KB for a million records, where a Set takes 40 MB. */
export class NumberSet {
  #words = new Uint32Array(1_024);

  /** Adds a number from 0 on. */
  add(no: number): void {
    const word = no >>> 5;
    if (word >= this.#words.length) {
      const grown = new Uint32Array(Math.max(word + 1, this.#words.length * 2));
      grown.set(this.#words);
      this.#words = grown;
    }
    this.#words[word] = (this.#words[word] ?? 0) | (1 << (no & 31));
  }

  has(no: number): boolean {
    return (((this.#words[no >>> 5] ?? 0) >>> (no & 31)) & 1) === 1;
  }
}
