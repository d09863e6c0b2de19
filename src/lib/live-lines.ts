/** A terminal that people watch. */
export interface Screen {
  readonly write: (text: string) => void;
  /** How many lines it shows at the moment. */
  readonly rows: () => number;
}

/** Of a terminal that does not say how tall it is. */
const ROWS_DEFAULT = 24;
/** Cursor to the beginning of the line so many above, and everything from there on erased. */
const erase = (lines: number): string => `\r\u001B[${lines}A\u001B[J`;
/** A line that is too long is cut at the edge instead of taking a second one, which would not be erased. */
const WRAP_OFF = "\u001B[?7l";
const WRAP_ON = "\u001B[?7h";

/** Lines at the bottom of a terminal that are written over in place, while other text scrolls away above them. */
export class LiveLines {
  readonly #screen: Screen;
  #lines: readonly string[] = [];
  #drawn = 0;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** Writes whole lines above. */
  write(text: string): void {
    this.#screen.write(this.#erased() + text + this.#draw());
  }

  /** Shows these in the place of those before; none: leaves nothing behind. */
  show(lines: readonly string[]): void {
    this.#lines = lines;
    this.#screen.write(this.#erased() + this.#draw());
  }

  #erased(): string {
    return this.#drawn === 0 ? "" : erase(this.#drawn);
  }

  /** One row stays free for the cursor: what scrolled out at the top could not be erased. */
  #draw(): string {
    const room = Math.max(1, (this.#screen.rows() || ROWS_DEFAULT) - 1);
    const lines = fitting(this.#lines, room);
    this.#drawn = lines.length;
    if (lines.length === 0) return "";
    return `${WRAP_OFF}${lines.map((line) => `${line}\n`).join("")}${WRAP_ON}`;
  }
}

function fitting(lines: readonly string[], room: number): readonly string[] {
  if (lines.length <= room) return lines;
  const shown = lines.slice(0, room - 1);
  return [...shown, `and ${lines.length - shown.length} more`];
}
