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
