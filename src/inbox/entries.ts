/**
 * Cuts the JSON array of a chunk into its entries without parsing them, so that an unchanged device costs one
 * scan and one hash. Works on the latin1 reading of the UTF-8 bytes: structural characters are ASCII, and one
 * character is one byte, so offsets are byte offsets.
 */
import { err, ok, type Result } from "../lib/result.ts";

/** Top-level members that say when and in which run, or what moves of itself (`volatile`): left out of the content. */
const VOLATILE_MEMBERS: ReadonlySet<string> = new Set(["timestamp", "sync_meta", "volatile"]);

/** One entry of a chunk as offsets into its text, and its content: the entry without its volatile members. */
export interface EntrySlice {
  readonly start: number;
  readonly end: number;
  readonly content: string;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
/** Deeper nesting than any source sends would only serve to exhaust the parser's stack. */
const DEPTH_MAX = 64;

class Malformed extends Error {}

/**
 * The entries of a chunk, in order. The error says at which byte the text stops being a JSON array of objects.
 * Structure only: a malformed scalar inside an entry shows when that entry is parsed.
 */
export function splitEntries(
  text: string,
  volatile: ReadonlySet<string> = VOLATILE_MEMBERS,
): Result<readonly EntrySlice[]> {
  try {
    return ok(new Scanner(text, volatile).entries());
  } catch (thrown) {
    if (thrown instanceof Malformed) return err(thrown.message);
    throw thrown;
  }
}

class Scanner {
  readonly #text: string;
  readonly #volatile: ReadonlySet<string>;
  #at = 0;

  constructor(text: string, volatile: ReadonlySet<string>) {
    this.#text = text;
    this.#volatile = volatile;
  }

  entries(): EntrySlice[] {
    const entries: EntrySlice[] = [];
    this.#expect(OPEN_BRACKET, "[");
    if (this.#peek() === CLOSE_BRACKET) this.#at += 1;
    else {
      do entries.push(this.#entry());
      while (this.#more(CLOSE_BRACKET));
    }
    this.#peek();
    if (this.#at < this.#text.length) this.#fail("end of the array");
    return entries;
  }

  #entry(): EntrySlice {
    this.#peek();
    const start = this.#at;
    this.#expect(OPEN_BRACE, "{");
    const kept: string[] = [];
    if (this.#peek() === CLOSE_BRACE) this.#at += 1;
    else {
      do {
        const from = this.#at;
        const name = this.#member();
        if (!this.#volatile.has(name)) kept.push(this.#text.slice(from, this.#at));
        this.#peek();
      } while (this.#more(CLOSE_BRACE));
    }
    return { start, end: this.#at, content: `{${kept.join(",")}}` };
  }

  /** Reads `"name": value` and gives the name; stands behind the value afterwards. */
  #member(): string {
    this.#peek();
    const from = this.#at + 1;
    this.#string();
    const name = this.#text.slice(from, this.#at - 1);
    this.#expect(COLON, ":");
    this.#value();
    return name;
  }

  #value(): void {
    const code = this.#peek();
    if (code === QUOTE) this.#string();
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) this.#nested();
    else this.#scalar();
  }

  /** Skips an object or array by counting brackets outside strings. */
  #nested(): void {
    const open: number[] = [];
    do {
      const code = this.#text.charCodeAt(this.#at);
      if (code === QUOTE) {
        this.#string();
        continue;
      }
      if (code === OPEN_BRACE || code === OPEN_BRACKET) open.push(code + 2);
      else if ((code === CLOSE_BRACE || code === CLOSE_BRACKET) && open.pop() !== code) {
        this.#fail("matching bracket");
      }
      if (open.length > DEPTH_MAX || Number.isNaN(code)) this.#fail("end of a nested value");
      this.#at += 1;
    } while (open.length > 0);
  }

  #string(): void {
    if (this.#text.charCodeAt(this.#at) !== QUOTE) this.#fail('"');
    let end = this.#at;
    do {
      end = this.#text.indexOf('"', end + 1);
      if (end < 0) this.#fail("closing quote");
    } while (this.#escaped(end));
    this.#at = end + 1;
  }

  #escaped(quote: number): boolean {
    let backslashes = 0;
    while (this.#text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes += 1;
    return backslashes % 2 === 1;
  }

  #scalar(): void {
    const from = this.#at;
    while (isScalar(this.#text.charCodeAt(this.#at))) this.#at += 1;
    if (this.#at === from) this.#fail("a value");
  }

  /** Past a comma: true. Past the closing bracket: false. */
  #more(close: number): boolean {
    const code = this.#peek();
    if (code !== COMMA && code !== close) this.#fail(`, or ${String.fromCharCode(close)}`);
    this.#at += 1;
    return code === COMMA;
  }

  #expect(code: number, name: string): void {
    if (this.#peek() !== code) this.#fail(name);
    this.#at += 1;
  }

  #peek(): number {
    let code = this.#text.charCodeAt(this.#at);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      this.#at += 1;
      code = this.#text.charCodeAt(this.#at);
    }
    return code;
  }

  #fail(expected: string): never {
    throw new Malformed(
      `message is not a JSON array of device updates: expected ${expected} at byte ${this.#at}`,
    );
  }
}

/** Letters, digits and signs of true, false, null and numbers. */
function isScalar(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x61 && code <= 0x7a) ||
    code === 0x2d ||
    code === 0x2b ||
    code === 0x2e ||
    code === 0x45
  );
}
