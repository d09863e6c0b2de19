/** Signatures with one Ed25519 key, in the two forms that hosts can check: openssl's (the bare 64 bytes) and minisign's. */
import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from "node:crypto";

/** A key to sign releases with. */
export interface ReleaseKey {
  readonly privateKey: KeyObject;
  /** What install.sh checks against, in PEM form. */
  readonly publicPem: string;
  /** The file that minisign checks against. */
  readonly minisignPublic: string;
}

/** Reads an Ed25519 private key in PEM form (`openssl genpkey -algorithm ed25519`). Throws for any other. */
export function releaseKey(pem: string): ReleaseKey {
  const privateKey = createPrivateKey(pem);
  if (privateKey.asymmetricKeyType !== "ed25519") throw new Error("the release key is not Ed25519");
  const publicKey = createPublicKey(privateKey);
  const text = Buffer.concat([Buffer.from("Ed"), keyId(publicKey), rawPublic(publicKey)]);
  return {
    privateKey,
    publicPem: String(publicKey.export({ type: "spki", format: "pem" })),
    minisignPublic: `untrusted comment: ServiceRadar Sync release key\n${text.toString("base64")}\n`,
  };
}

/** What `openssl pkeyutl -verify -rawin` checks. */
export function rawSignature(bytes: Buffer, { privateKey }: ReleaseKey): Buffer {
  return sign(undefined, bytes, privateKey);
}

/** What `minisign -V` checks: the hash's signature, and one over that and the trusted comment, which says of what it is. */
export function minisignSignature(
  bytes: Buffer,
  { privateKey }: ReleaseKey,
  comment: string,
): string {
  const hashed = sign(undefined, createHash("blake2b512").update(bytes).digest(), privateKey);
  const all = sign(undefined, Buffer.concat([hashed, Buffer.from(comment)]), privateKey);
  const id = keyId(createPublicKey(privateKey));
  return [
    "untrusted comment: signature with the ServiceRadar Sync release key",
    Buffer.concat([Buffer.from("ED"), id, hashed]).toString("base64"),
    `trusted comment: ${comment}`,
    `${all.toString("base64")}\n`,
  ].join("\n");
}

/** install.sh with the key whose signature it must find. */
export function withKey(installer: string, { publicPem }: ReleaseKey): string {
  const line = /^RELEASE_KEY=.*$/m;
  if (!line.test(installer)) throw new Error("install.sh has no line RELEASE_KEY=");
  const [, base64 = ""] = publicPem.split("\n");
  return installer.replace(line, `RELEASE_KEY=${base64}`);
}

/** The key itself ends its encoding. */
function rawPublic(key: KeyObject): Buffer {
  return key.export({ type: "spki", format: "der" }).subarray(-32);
}

function keyId(key: KeyObject): Buffer {
  return createHash("sha256").update(rawPublic(key)).digest().subarray(0, 8);
}
