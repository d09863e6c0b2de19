import { inspect } from "node:util";

/** What stands in the place of a secret wherever it could be seen. */
export const REDACTED = "[redacted]";

/**
 * A credential that no log line, JSON text, template string or inspector can show; only
 * `reveal()` gives it, at the one place that sends it.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}

/**
 * What stands before the @ of a URL's host. Where a text begins with the URL, up to its last @ before the path, as the URL
 * standard reads it; inside a text not past a blank or a quote.
 */
const USERINFO = /(?<=^\s*[a-z][a-z0-9+.-]*:\/\/)[^/?#\\]*(?=@)|(?<=:\/\/)[^/?#\\\s"']*(?=@)/gi;

/** A text in which no URL shows its user or password any more: some services take a token as the user. */
export function maskUserinfo(text: string): string {
  return text.replace(USERINFO, REDACTED);
}

/** JSON of a value with every URL in it masked, however deep. */
export function maskedJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === "string" ? maskUserinfo(member) : member,
  );
}
