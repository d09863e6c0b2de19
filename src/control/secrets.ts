/**
 * Secrets at rest: AES-256-GCM under one key that lives in a file outside the database, so a dump alone opens nothing. Every
 * sealed value is bound to the row it belongs to: moved to another tenant's row it does not open.
 */
import { chmod, link, mkdir, readFile, unlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import { AEAD_KEY_BYTES, openBytes, sealBytes } from "../lib/aead.ts";
import { randomHex } from "../lib/clock.ts";
import { ConfigError, messageOf, SyncError } from "../lib/errors.ts";
import { sha256 } from "../lib/hash.ts";
import { invariant } from "../lib/invariant.ts";
import { Secret } from "../lib/secret.ts";

const KEY_ID_BYTES = 4;
const VERSION = 1;
const HEADER_BYTES = 1 + KEY_ID_BYTES;

/** Seals and opens secrets under one key. */
export class Sealer {
  readonly #key: Buffer;
  readonly #keyId: Buffer;

  constructor(key: Buffer) {
    invariant(key.length === AEAD_KEY_BYTES, `a sealing key has ${AEAD_KEY_BYTES} bytes`);
    this.#key = key;
    this.#keyId = sha256(key).subarray(0, KEY_ID_BYTES);
  }

  /** Layout: version, key id, nonce, ciphertext, tag. `binding` names the row, and is needed to open it again. */
  seal(secret: Secret, binding: string): Buffer {
    const sealed = sealBytes(this.#key, Buffer.from(secret.reveal()), binding);
    return Buffer.concat([Buffer.of(VERSION), this.#keyId, sealed]);
  }

  /** Throws SyncError "unsealable" where key, row or bytes are not those that it was sealed with. */
  open(sealed: Buffer, binding: string): Secret {
    if (sealed[0] !== VERSION || !sealed.subarray(1, HEADER_BYTES).equals(this.#keyId)) {
      throw unsealable(
        "it was sealed with another key; start the core with the key file it was made with",
      );
    }
    const plain = openBytes(this.#key, sealed.subarray(HEADER_BYTES), binding);
    if (plain !== undefined) return new Secret(plain.toString("utf8"));
    throw unsealable("it was changed or belongs to another row");
  }
}

function unsealable(why: string): SyncError {
  return new SyncError("unsealable", `a stored secret does not open: ${why}`, {
    retry: "permanent",
  });
}

/**
 * The sealer of a key file: 64 hexadecimal digits, readable by its owner alone. Made on first use; two processes that make it
 * at once end with one key. Throws ConfigError naming `setting`.
 */
export async function openSealer(path: string, setting: string): Promise<Sealer> {
  const text = await readKey(path).catch(async (thrown: unknown) => {
    if ((thrown as NodeJS.ErrnoException).code !== "ENOENT") {
      throw new ConfigError(setting, `${path} cannot be read: ${messageOf(thrown)}`);
    }
    await makeKey(path, setting);
    return await readKey(path);
  });
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new ConfigError(setting, `${path} does not hold a key of 64 hexadecimal digits`);
  }
  return new Sealer(Buffer.from(text, "hex"));
}

async function readKey(path: string): Promise<string> {
  return (await readFile(path, "utf8")).trim();
}

/** Linking a finished file into place, unlike writing it there, never shows another process half a key. */
async function makeKey(path: string, setting: string): Promise<void> {
  const draft = `${path}.${randomHex(4)}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(draft, `${randomHex(AEAD_KEY_BYTES)}\n`, { mode: 0o600, flush: true });
    await chmod(draft, 0o600);
    await link(draft, path).catch((thrown: unknown) => {
      if ((thrown as NodeJS.ErrnoException).code !== "EEXIST") throw thrown;
    });
    await unlink(draft);
  } catch (thrown) {
    throw new ConfigError(setting, `${path} cannot be made: ${messageOf(thrown)}`);
  }
}
