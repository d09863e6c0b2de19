import type { Readable } from "node:stream";

/** Enough for what PostgreSQL says before it gives up; older lines are dropped. */
const LINES_MAX = 20;
/** A line longer than this is cut: the statement text that may follow an error has no bound. */
const LINE_CHARS_MAX = 2_000;

/** Reads a program's output, hands each line on and keeps the last ones for the message of its failure. */
export class LastLines {
  readonly #lines: string[] = [];
  #rest = "";

  constructor(output: Readable, onLine: (line: string) => void = () => {}) {
    output.setEncoding("utf8");
    output.on("data", (text: string) => {
      const lines = (this.#rest + text).split("\n");
      this.#rest = (lines.pop() ?? "").slice(0, LINE_CHARS_MAX);
      for (const line of lines) this.#keep(line, onLine);
    });
    output.on("error", () => {});
  }

  #keep(line: string, onLine: (line: string) => void): void {
    if (line.trim() === "") return;
    this.#lines.push(line.slice(0, LINE_CHARS_MAX));
    if (this.#lines.length > LINES_MAX) this.#lines.shift();
    onLine(line);
  }

  /** The kept lines, oldest first, on one line. */
  text(): string {
    const lines = [...this.#lines, this.#rest].map((line) => line.trim());
    return lines.filter((line) => line !== "").join(" | ") || "no output";
  }
}
