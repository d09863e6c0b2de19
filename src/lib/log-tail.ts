/** Bytes of log lines that are remembered: some minutes of a busy agent, and little beside its memory plan. */
const TAIL_BYTES_MAX = 200_000;

/** The newest lines of a log, for those who ask what happened. */
export class LogTail {
  readonly #lines: string[] = [];
  #bytes = 0;

  /** Takes a line, and forgets the oldest where there are too many. */
  add(line: string): void {
    this.#lines.push(line);
    this.#bytes += line.length;
    while (this.#bytes > TAIL_BYTES_MAX && this.#lines.length > 1) {
      this.#bytes -= this.#lines.shift()?.length ?? 0;
    }
  }

  /** Oldest first, without line ends. */
  get lines(): readonly string[] {
    return this.#lines.map((line) => line.trimEnd());
  }
}
