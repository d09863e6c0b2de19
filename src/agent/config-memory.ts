import type { Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { ConfigStore, StoredConfig } from "./config-store.ts";

/** How old what stands on the disk may say it is while gateways confirm it all the time, ms: one small write an hour. */
const CONFIRM_EVERY_MS = 3_600_000;

/** Writes what is in force to the disk, one write at a time, and never stands in anybody's way: a full disk is only told. */
export class ConfigMemory {
  readonly #store: ConfigStore | undefined;
  readonly #clock: Clock;
  readonly #log: Log;
  #inForce: StoredConfig | undefined;
  #written: StoredConfig | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isToldUnopened = false;

  /** Without a store nothing is kept. */
  constructor(
    store: ConfigStore | undefined,
    { clock, log }: { readonly clock: Clock; readonly log: Log },
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
  }

  /** When a gateway last said that the configuration in force is the one; undefined before that. */
  get confirmedMs(): number | undefined {
    return this.#inForce?.confirmedMs;
  }

  /** What was kept by an agent that ran before. */
  async recall(): Promise<StoredConfig | undefined> {
    try {
      const stored = await this.#store?.read();
      if (stored === undefined) await this.#tellUnopened();
      return stored;
    } catch (thrown) {
      this.#log.warn({ error: messageOf(thrown) }, "the kept configuration cannot be used");
      return undefined;
    }
  }

  /** A file that does not open is as good as none, and somebody may wonder why. Told once: it is tried with every failure. */
  async #tellUnopened(): Promise<void> {
    if (this.#isToldUnopened || (await this.#store?.exists()) !== true) return;
    this.#isToldUnopened = true;
    const error = `${this.#store?.path ?? ""} is of another private key, another agent or another release, or damaged`;
    this.#log.warn({ error }, "the kept configuration cannot be opened");
  }

  /** Takes what was recalled for what is in force. */
  resume(stored: StoredConfig): void {
    this.#inForce = stored;
    this.#written = stored;
  }

  /** A gateway gave this configuration. */
  adopt(config: Omit<StoredConfig, "confirmedMs">): void {
    this.#inForce = { ...config, confirmedMs: this.#clock.now() };
    this.#write();
  }

  /** A gateway said that the configuration in force still is the one. */
  confirm(): void {
    if (this.#inForce === undefined) return;
    this.#inForce = { ...this.#inForce, confirmedMs: this.#clock.now() };
    const writtenMs = this.#written?.confirmedMs ?? -Infinity;
    if (this.#inForce.confirmedMs - writtenMs >= CONFIRM_EVERY_MS) this.#write();
  }

  /** There is another private key, so what stands on the disk no longer opens. */
  rekey(): void {
    if (this.#inForce !== undefined) this.#write();
  }

  /** Waits for what is being written. */
  async settle(): Promise<void> {
    await this.#writing;
  }

  #write(): void {
    this.#writing = this.#writeAfter(this.#writing);
  }

  async #writeAfter(before: Promise<void>): Promise<void> {
    await before;
    const config = this.#inForce;
    if (config === undefined || this.#store === undefined) return;
    try {
      await this.#store.write(config);
      this.#written = config;
    } catch (thrown) {
      this.#log.warn({ error: messageOf(thrown) }, "the configuration could not be kept");
    }
  }
}
