/** Authenticated encryption: AES-256-GCM with a random nonce (NIST SP 800-38D). */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const CIPHER = "aes-256-gcm";
/** Bytes of a key. */
export const AEAD_KEY_BYTES = 32;
/** The nonce length that GCM is made for (NIST SP 800-38D 5.2.1.1). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts; layout: nonce, ciphertext, tag. `binding` is not in it, and is needed to open it again. */
export function sealBytes(key: Uint8Array, plain: Uint8Array, binding: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(binding));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** What was sealed; undefined where key, binding or bytes are not those that it was sealed with. */
export function openBytes(
  key: Uint8Array,
  sealed: Uint8Array,
  binding: string,
): Buffer | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(binding)).setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    const text = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
    return Buffer.concat([text, decipher.final()]);
  } catch {
    return undefined;
  }
}
