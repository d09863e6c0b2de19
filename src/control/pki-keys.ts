import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

import { err, ok, type Result } from "../lib/result.ts";

/** P-256: what every TLS 1.3 peer must support (RFC 8446 section 9.1), and 50 times faster to make than RSA-4096. */
const NEW_KEY = { name: "ECDSA", namedCurve: "P-256" } as const;
/** Below it RSA is broken or soon will be (NIST SP 800-57 part 1, table 2). */
const RSA_BITS_MIN = 2_048;
/** Above it a handshake costs more than the key protects. */
const RSA_BITS_MAX = 8_192;
const CURVES: ReadonlySet<string> = new Set(["prime256v1", "secp384r1", "secp521r1"]);
/** Curve and digest belong together (RFC 5480 section 4). */
const EC_SIGNING: Readonly<Record<string, { readonly curve: string; readonly hash: string }>> = {
  prime256v1: { curve: "P-256", hash: "SHA-256" },
  secp384r1: { curve: "P-384", hash: "SHA-384" },
  secp521r1: { curve: "P-521", hash: "SHA-512" },
};

/** A new key, ready to be certified. */
export interface NewKey {
  /** PKCS #8. */
  readonly privateKeyPem: string;
  /** SubjectPublicKeyInfo. */
  readonly publicKeyDer: Buffer<ArrayBuffer>;
}

/** A key of WebCrypto, by what makes one: Node and Deno declare its type under different names. */
type CryptoKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** What signs certificates: the key, and the algorithm that goes with it. */
export interface SigningKey {
  readonly key: CryptoKey;
  readonly algorithm: { readonly name: string; readonly hash: string };
}

/** Makes a P-256 key pair. */
export async function createKey(): Promise<NewKey> {
  const pair = await crypto.subtle.generateKey(NEW_KEY, true, ["sign", "verify"]);
  const [pkcs8, spki] = await Promise.all([
    crypto.subtle.exportKey("pkcs8", pair.privateKey),
    crypto.subtle.exportKey("spki", pair.publicKey),
  ]);
  const key = createPrivateKey({ key: Buffer.from(pkcs8), format: "der", type: "pkcs8" });
  return {
    privateKeyPem: key.export({ type: "pkcs8", format: "pem" }).toString(),
    publicKeyDer: Buffer.from(spki),
  };
}

/** A private key in PEM as something that signs: EC on a NIST curve, or RSA. The error says what is wrong with it. */
export async function readSigningKey(pem: string): Promise<Result<SigningKey>> {
  const parsed = parsePrivateKey(pem);
  if (!parsed.ok) return parsed;
  const problem = keyProblem(parsed.value);
  if (problem !== undefined) return err(problem);
  const curve = EC_SIGNING[parsed.value.asymmetricKeyDetails?.namedCurve ?? ""];
  const name = curve === undefined ? "RSASSA-PKCS1-v1_5" : "ECDSA";
  const hash = curve?.hash ?? "SHA-256";
  const key = await crypto.subtle.importKey(
    "pkcs8",
    parsed.value.export({ type: "pkcs8", format: "der" }),
    curve === undefined ? { name, hash } : { name, namedCurve: curve.curve },
    false,
    ["sign"],
  );
  return ok({ key, algorithm: { name, hash } });
}

function parsePrivateKey(pem: string): Result<KeyObject> {
  try {
    return ok(createPrivateKey(pem));
  } catch {
    // The reason would name OpenSSL routines and could quote the key.
    return err("is not a private key in PEM, or needs a passphrase");
  }
}

/** Reads a public key in DER; the error says why it may not be certified. */
export function readPublicKey(der: Uint8Array): Result<KeyObject> {
  try {
    const key = createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" });
    const problem = keyProblem(key);
    return problem === undefined ? ok(key) : err(problem);
  } catch {
    return err("is not a public key");
  }
}

/** Why a key is too weak or too odd to be trusted, or undefined if it is neither. */
export function keyProblem(key: KeyObject): string | undefined {
  const { namedCurve = "", modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "ec") {
    return CURVES.has(namedCurve) ? undefined : `is on the curve ${namedCurve}, not a NIST one`;
  }
  if (key.asymmetricKeyType !== "rsa") {
    return `is of type ${key.asymmetricKeyType}, not EC or RSA`;
  }
  return modulusLength >= RSA_BITS_MIN && modulusLength <= RSA_BITS_MAX
    ? undefined
    : `is RSA of ${modulusLength} bits, not ${RSA_BITS_MIN} to ${RSA_BITS_MAX}`;
}
