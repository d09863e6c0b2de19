/**
 * A file of records that only one reader can open and that only its writer can have made; what it is for is the business of others.
 *
 *   "SRB1" | u32 header length | header (JSON) | frames | u32 0 | u32 signature length | signature
 *   frame:  u32 length | AES-256-GCM ciphertext and tag of a piece of the zstd stream
 *   stream: u32 length | u8 kind | record, again and again
 *
 * The content key follows from X25519 between a key made for this file (in the header) and the reader's. It is used for this file
 * alone, so that counted nonces are safe; the last frame's nonce says that it is the last, and every frame is bound to the header (the
 * STREAM construction, Hoang and others 2015). The writer signs the SHA-256 of everything before the signature: whoever may check
 * signatures can refuse the file before a single byte of it is opened. All numbers are big-endian.
 */
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from "node:crypto";

import { sha256, sha256Hex } from "./hash.ts";

/** What a sealed file begins with. */
export const SEALED_MAGIC = Buffer.from("SRB1");
/** Longest header, bytes: certificates and a handful of words. */
export const HEADER_BYTES_MAX = 65_536;
/** Most plain bytes of a frame: what is held at a time, and little beside it for the tag. */
export const FRAME_BYTES_MAX = 65_536;
/** Longest record, bytes: that of any message on the wire. */
export const RECORD_BYTES_MAX = 16 * 1024 ** 2;
/** Longest signature, bytes: RSA of 8,192 bits. */
export const SIGNATURE_BYTES_MAX = 1_024;
/** GCM's tag. */
export const TAG_BYTES = 16;

const KEY_BYTES = 32;
const PURPOSE = "sealed file content v1";
/** Tells a signature of a sealed file from any other that the same key makes. */
const SIGNATURE_PURPOSE = "sealed file v1\n";

/** One record: what it is, by a number of its writer's, and its bytes. */
export interface SealedRecord {
  readonly kind: number;
  readonly bytes: Buffer;
}

/** The public half of a key as it is handed round: SubjectPublicKeyInfo in base64. */
export function publicKeyText(key: KeyObject): string {
  return (key.type === "public" ? key : createPublicKey(key))
    .export({ type: "spki", format: "der" })
    .toString("base64");
}

/** Reads a public key of X25519; undefined for anything else. */
export function readExchangeKey(text: string): KeyObject | undefined {
  try {
    const der = Buffer.from(text, "base64");
    const key = createPublicKey({ key: der, format: "der", type: "spki" });
    return key.asymmetricKeyType === "x25519" ? key : undefined;
  } catch {
    return undefined;
  }
}

/** An exchange key pair that follows from a secret, so that whoever has the secret need not keep another one. */
export function exchangeKeyOf(secret: Uint8Array, purpose: string): KeyObject {
  const seed = Buffer.from(hkdfSync("sha256", secret, "", purpose, KEY_BYTES));
  // PKCS #8 of X25519 is this prefix and the 32 bytes (RFC 8410 section 7).
  const der = Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), seed]);
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}

/** Short name of a reader's key. */
export function exchangeKeyId(publicText: string): string {
  return sha256Hex(Buffer.from(publicText, "base64"));
}

/** The content key on the writer's side, and the public half of the key that was made for it. */
export function newContentKey(reader: KeyObject): {
  readonly key: Buffer;
  readonly ephemeral: string;
} {
  const { privateKey, publicKey } = generateKeyPairSync("x25519");
  const ephemeral = publicKeyText(publicKey);
  const shared = diffieHellman({ privateKey, publicKey: reader });
  return { key: contentKey(shared, ephemeral, publicKeyText(reader)), ephemeral };
}

/** The content key on the reader's side; undefined where the header's key is none. */
export function openContentKey(reader: KeyObject, ephemeral: string): Buffer | undefined {
  const publicKey = readExchangeKey(ephemeral);
  if (publicKey === undefined) return undefined;
  try {
    const shared = diffieHellman({ privateKey: reader, publicKey });
    return contentKey(shared, publicKeyText(publicKey), publicKeyText(reader));
  } catch {
    // OpenSSL refuses points of small order.
    return undefined;
  }
}

function contentKey(shared: Buffer, ephemeral: string, reader: string): Buffer {
  const salt = sha256(`${ephemeral} ${reader}`);
  return Buffer.from(hkdfSync("sha256", shared, salt, PURPOSE, KEY_BYTES));
}

/** What is signed: the digest of the file, and what it is the digest of. */
export function signedBytes(digest: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(SIGNATURE_PURPOSE), digest]);
}

/** How the frames of one file are sealed and opened, in their order. */
export class FrameCipher {
  readonly #key: Buffer;
  readonly #binding: Buffer;
  #count = 0n;

  /** `header`: its bytes, which every frame is bound to. */
  constructor(key: Buffer, header: Uint8Array) {
    this.#key = key;
    this.#binding = sha256(header);
  }

  seal(plain: Uint8Array, { isLast }: { readonly isLast: boolean }): Buffer {
    const cipher = createCipheriv("aes-256-gcm", this.#key, this.#nonce(isLast));
    cipher.setAAD(this.#binding);
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  /** Undefined where it is not the next frame as it was sealed. */
  open(sealed: Buffer, { isLast }: { readonly isLast: boolean }): Buffer | undefined {
    if (sealed.length < TAG_BYTES) return undefined;
    const options = { authTagLength: TAG_BYTES };
    const decipher = createDecipheriv("aes-256-gcm", this.#key, this.#nonce(isLast), options);
    decipher.setAAD(this.#binding).setAuthTag(sealed.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
    } catch {
      return undefined;
    }
  }

  #nonce(isLast: boolean): Buffer {
    const nonce = Buffer.alloc(12);
    nonce[0] = isLast ? 1 : 0;
    nonce.writeBigUInt64BE(this.#count, 4);
    this.#count += 1n;
    return nonce;
  }
}
