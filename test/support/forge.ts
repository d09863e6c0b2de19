// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 refuses to load without it
import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
  type Extension,
} from "@peculiar/x509";

/** Key algorithms that certificates are made with in tests. */
export const ALGORITHMS = {
  ec: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  rsa: {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: 2_048,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
  weakRsa: {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: 1_024,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
} as const;

/** Key usage of a certificate that may not sign others. */
export const SIGNATURE_ONLY = KeyUsageFlags.digitalSignature;

const DAY_MS = 86_400_000;

/** A key of WebCrypto, by what makes one: Node and Deno declare its type under different names. */
type CryptoKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;
/** Both halves of a key. */
export type KeyPair = { readonly publicKey: CryptoKey; readonly privateKey: CryptoKey };

/** Whatever a certificate shall claim, and whose key signs it in truth. */
export interface Forgery {
  readonly subject: string;
  /** The name it claims was signed by; nobody checks. */
  readonly issuer: string;
  readonly signer: KeyPair;
  readonly keys?: KeyPair;
  /** Hex of the key identifier that it claims was signed by. */
  readonly authorityKeyId?: string;
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
  readonly isAuthority?: boolean;
  readonly altNames?: readonly { readonly type: "dns" | "ip" | "url"; readonly value: string }[];
  readonly usages?: KeyUsageFlags;
}

/** A forged certificate. */
export interface Forged {
  readonly pem: string;
  readonly der: Buffer;
  /** Its subject as encoded in it. */
  readonly subjectDer: Buffer;
}

/** A key pair that tests may sign with and export. */
export function makeKeys(kind: keyof typeof ALGORITHMS = "ec"): Promise<KeyPair> {
  return crypto.subtle.generateKey(ALGORITHMS[kind], true, ["sign", "verify"]);
}

/** PKCS #8 in PEM. */
export async function privateKeyPem({ privateKey }: KeyPair): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey("pkcs8", privateKey));
  return `-----BEGIN PRIVATE KEY-----\n${der.toString("base64")}\n-----END PRIVATE KEY-----\n`;
}

/** Signs a certificate that says anything at all. */
export async function forge(forgery: Forgery): Promise<Forged> {
  const { signer, keys = await makeKeys(), isAuthority = false } = forgery;
  const extensions: Extension[] = [new BasicConstraintsExtension(isAuthority, undefined, true)];
  if (forgery.altNames !== undefined) {
    extensions.push(new SubjectAlternativeNameExtension([...forgery.altNames]));
  }
  if (forgery.usages !== undefined) extensions.push(new KeyUsagesExtension(forgery.usages));
  if (forgery.authorityKeyId !== undefined) {
    extensions.push(new AuthorityKeyIdentifierExtension(forgery.authorityKeyId));
  }
  const certificate = await X509CertificateGenerator.create({
    subject: forgery.subject,
    issuer: forgery.issuer,
    publicKey: keys.publicKey,
    signingKey: signer.privateKey,
    signingAlgorithm: { name: signer.privateKey.algorithm.name, hash: "SHA-256" },
    notBefore: new Date(forgery.notBeforeMs ?? Date.now() - DAY_MS),
    notAfter: new Date(forgery.notAfterMs ?? Date.now() + DAY_MS),
    extensions,
  });
  return {
    pem: certificate.toString("pem"),
    der: Buffer.from(certificate.rawData),
    subjectDer: Buffer.from(certificate.subjectName.toArrayBuffer()),
  };
}

/** What a certificate may be used for, as OIDs. Node's X509Certificate says so as `keyUsage`; Deno's means another extension by that. */
export function extendedUsages(pem: string): readonly unknown[] {
  return [...(new X509Certificate(pem).getExtension(ExtendedKeyUsageExtension)?.usages ?? [])];
}

/** A certificate signing request in PEM. */
export async function makeSigningRequest(keys: KeyPair): Promise<string> {
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: "CN=whoever I like",
    keys,
    signingAlgorithm: { name: keys.privateKey.algorithm.name, hash: "SHA-256" },
  });
  return request.toString("pem");
}
