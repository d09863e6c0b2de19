// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 refuses to load without it
import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  Name,
  PublicKey,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  type Extension,
} from "@peculiar/x509";

import { randomHex } from "../lib/clock.ts";
import { ConfigError } from "../lib/errors.ts";
import { readSigningKey, type SigningKey } from "./pki-keys.ts";

const DAY_MS = 86_400_000;
/** How far a certificate reaches into the past, so that a host whose clock is behind by less can use it at once. */
const BACKDATED_MS = 300_000;
/** 16 random bytes: RFC 5280 section 4.1.2.2 allows 20 and wants them unique, CA/B forum wants 64 random bits. */
const SERIAL_BYTES = 16;
const ORGANISATION = "ServiceRadar";

/** A certificate that signs others, with its key. PEM, PKCS #8. */
export interface Authority {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** What a certificate is to say. */
export interface Subject {
  readonly commonName: string;
  /** SubjectPublicKeyInfo. */
  readonly publicKeyDer: Uint8Array<ArrayBuffer>;
  /** How long it holds; never longer than its issuer. */
  readonly days: number;
  /** Besides the key identifiers, which every certificate gets. */
  readonly extensions: readonly Extension[];
}

/** Signs a certificate with its own key, whose private half is `privateKeyPem`. */
export async function selfSign(
  subject: Subject,
  privateKeyPem: string,
  nowMs: number,
): Promise<string> {
  const signer = await signingKey(privateKeyPem, subject.commonName);
  return sign(subject, { signer, nowMs, issuer: undefined });
}

/** Signs a certificate with an authority's key. Throws ConfigError where that key is unusable. */
export async function signWith(
  issuer: Authority,
  subject: Subject,
  nowMs: number,
): Promise<string> {
  const certificate = new X509Certificate(issuer.certificatePem);
  const signer = await signingKey(issuer.privateKeyPem, certificate.subject);
  return sign(subject, { signer, nowMs, issuer: certificate });
}

async function signingKey(privateKeyPem: string, owner: string): Promise<SigningKey> {
  const read = await readSigningKey(privateKeyPem);
  if (!read.ok) throw new ConfigError(`key of ${owner}`, read.error);
  return read.value;
}

type Signing = {
  readonly signer: SigningKey;
  readonly nowMs: number;
  readonly issuer: X509Certificate | undefined;
};

async function sign(subject: Subject, { signer, nowMs, issuer }: Signing): Promise<string> {
  const publicKey = new PublicKey(subject.publicKeyDer);
  const keyId = await SubjectKeyIdentifierExtension.create(publicKey);
  const issuerKeyId = issuer?.getExtension(SubjectKeyIdentifierExtension)?.keyId;
  const name = nameOf(subject);
  const endMs = nowMs + subject.days * DAY_MS;
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: name,
    // The issuer's name byte for byte: Go compares encodings, not text.
    issuer: issuer?.subjectName ?? name,
    notBefore: new Date(nowMs - BACKDATED_MS),
    // A certificate that outlived its issuer would fail without anybody having been told.
    notAfter: new Date(Math.min(endMs, issuer?.notAfter.getTime() ?? endMs)),
    publicKey,
    signingKey: signer.key,
    signingAlgorithm: signer.algorithm,
    extensions: [
      ...subject.extensions,
      keyId,
      // What the issuer calls its key, since an imported authority may not have hashed it as we do.
      new AuthorityKeyIdentifierExtension(issuerKeyId ?? keyId.keyId),
    ],
  });
  return `${certificate.toString("pem").trim()}\n`;
}

function nameOf({ commonName }: Subject): Name {
  return new Name([{ CN: [{ utf8String: commonName }] }, { O: [{ utf8String: ORGANISATION }] }]);
}

/** The first bit stays clear: a serial number is positive. The second is set, so that no leading zero is dropped. */
function serialNumber(): string {
  const first = (Number.parseInt(randomHex(1), 16) & 0x7f) | 0x40;
  return first.toString(16) + randomHex(SERIAL_BYTES - 1);
}
