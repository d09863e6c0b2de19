/**
 * The last good configuration on disk, so that an agent that starts while its core is away knows what to do. It holds credentials,
 * so it is encrypted under a key that follows from the agent's private key: a backup of the data folder alone opens nothing.
 */
import { createPrivateKey, hkdfSync } from "node:crypto";
import { join } from "node:path";

import { AEAD_KEY_BYTES, openBytes, sealBytes } from "../lib/aead.ts";
import { isoTime } from "../lib/clock.ts";
import { parseJsonText } from "../lib/json-text.ts";
import { readPrivateFile, writePrivateFile } from "../lib/private-file.ts";

/** A configuration as a gateway gave it. */
export interface StoredConfig {
  readonly version: string;
  /** UTF-8 JSON, with credentials. */
  readonly json: string;
  /** When a gateway last gave it, or said that it is still the one. */
  readonly confirmedMs: number;
}

const FILE = "config.sealed";
/** Tells this use of the private key from any other (RFC 5869 section 3.2). */
const KEY_PURPOSE = "serviceradar-agent configuration at rest v1";

/** Keeps one configuration in a folder. */
export class ConfigStore {
  readonly #path: string;
  readonly #agentId: string;
  readonly #privateKeyPem: () => string;

  /** `privateKeyPem` is asked at every use, because renewals change it. */
  constructor(options: {
    readonly dataDir: string;
    readonly agentId: string;
    readonly privateKeyPem: () => string;
  }) {
    this.#path = join(options.dataDir, FILE);
    this.#agentId = options.agentId;
    this.#privateKeyPem = options.privateKeyPem;
  }

  get path(): string {
    return this.#path;
  }

  /** Throws SyncError "disk". */
  async write({ version, json, confirmedMs }: StoredConfig): Promise<void> {
    const text = JSON.stringify({ version, json, confirmed_at: isoTime(confirmedMs) });
    const sealed = sealBytes(this.#key(), Buffer.from(text), this.#agentId);
    await writePrivateFile(this.#path, sealed);
  }

  /** Undefined where there is none, or none that this agent's key opens. Throws SyncError "disk". */
  async read(): Promise<StoredConfig | undefined> {
    const sealed = await readPrivateFile(this.#path);
    if (sealed === undefined) return undefined;
    const plain = openBytes(this.#key(), sealed, this.#agentId);
    return plain === undefined ? undefined : storedOf(plain.toString("utf8"));
  }

  /** Whether there is something to read, whoever's key opens it. Throws SyncError "disk". */
  async exists(): Promise<boolean> {
    return (await readPrivateFile(this.#path)) !== undefined;
  }

  #key(): Buffer {
    const privateKey = createPrivateKey(this.#privateKeyPem());
    const der = privateKey.export({ type: "pkcs8", format: "der" });
    return Buffer.from(hkdfSync("sha256", der, "", KEY_PURPOSE, AEAD_KEY_BYTES));
  }
}

/** Another release may have written another shape. */
function storedOf(text: string): StoredConfig | undefined {
  const parsed = parseJsonText(text);
  const {
    version,
    json,
    confirmed_at: confirmed,
  } = (parsed.ok ? parsed.value : {}) as {
    readonly version?: unknown;
    readonly json?: unknown;
    readonly confirmed_at?: unknown;
  };
  const confirmedMs = typeof confirmed === "string" ? Date.parse(confirmed) : Number.NaN;
  const isWhole = typeof version === "string" && typeof json === "string";
  return isWhole && !Number.isNaN(confirmedMs) ? { version, json, confirmedMs } : undefined;
}
