/**
 * A listener's certificate from files, watched: one that is replaced there is used from the next connection on. Files that are half
 * written, or do not belong together, change nothing.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";

import { isoTime, pause, type Clock } from "./clock.ts";
import { ConfigError, messageOf } from "./errors.ts";
import type { Log } from "./log.ts";

/** A certificate with those above it, and its key. PEM. */
export interface ServerCertificate {
  readonly chainPem: string;
  readonly privateKeyPem: string;
}

/** Where a listener's certificate comes from. */
export interface CertificateSupply {
  readonly first: ServerCertificate;
  /** Another one than was given last, undefined where that is still good. Throws where what there is cannot be used. */
  next(): Promise<ServerCertificate | undefined>;
}

/** A file, and the setting that names it. */
export interface NamedFile {
  readonly setting: string;
  readonly path: string;
}

/** The files of one certificate. */
export interface CertificateFiles {
  /** The certificate, then those above it but the root. */
  readonly cert: NamedFile;
  readonly key: NamedFile;
  /** Authorities that whoever connects knows it by; absent: not looked at. */
  readonly ca?: NamedFile | undefined;
}

/** How often a certificate is looked at, ms. */
const LOOK_MS = 30_000;
const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** The certificates of a text in PEM, in its order. Throws where one cannot be read. */
function certificatesIn(pem: string): readonly X509Certificate[] {
  return (pem.match(PEM) ?? []).map((one) => new X509Certificate(one));
}

/** Reads the files. Throws ConfigError naming the setting and the file that cannot be meant. */
export async function certificateFromFiles(files: CertificateFiles): Promise<CertificateSupply> {
  // Those who connect were told of these: another root is for the next start, which tells of it.
  const anchors = files.ca === undefined ? undefined : certificatesIn(await readAnchors(files.ca));
  const first = await readCertificate(files, anchors);
  let last = first;
  return {
    first,
    next: async () => {
      const now = await readCertificate(files, anchors);
      const isSame = now.chainPem === last.chainPem && now.privateKeyPem === last.privateKeyPem;
      last = now;
      return isSame ? undefined : now;
    },
  };
}

async function readCertificate(
  files: CertificateFiles,
  anchors: readonly X509Certificate[] | undefined,
): Promise<ServerCertificate> {
  const chainPem = await textOf(files.cert);
  const privateKeyPem = await textOf(files.key);
  const chain = parsed(files.cert, chainPem);
  const [leaf] = chain;
  if (leaf === undefined) throw wrong(files.cert, "holds no certificate in PEM");
  checkKey(leaf, files, privateKeyPem);
  if (anchors !== undefined) checkChain(chain, files.cert, anchors);
  return { chainPem, privateKeyPem };
}

/** The authorities of a file, in PEM. Throws ConfigError where it holds none. */
export async function readAnchors(file: NamedFile): Promise<string> {
  const certificates = parsed(file, await textOf(file));
  if (certificates.length === 0 || certificates.some(({ ca }) => !ca)) {
    throw wrong(file, "does not hold certificates of authorities in PEM, and nothing else");
  }
  return certificates.map((certificate) => certificate.toString()).join("");
}

function checkKey(leaf: X509Certificate, { cert, key }: CertificateFiles, keyPem: string): void {
  let isPair: boolean;
  try {
    isPair = leaf.checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    // The reason could quote the key.
    throw wrong(key, "holds no private key in PEM, or one with a passphrase");
  }
  if (!isPair) throw wrong(key, `is not the key of the certificate in ${cert.path}`);
}

/** Whoever connects has the authorities alone, so the way up to one of them must be in the file. */
function checkChain(
  chain: readonly X509Certificate[],
  cert: NamedFile,
  anchors: readonly X509Certificate[],
): void {
  let [top, ...rest] = chain;
  while (top !== undefined) {
    const lower: X509Certificate = top;
    if (anchors.some((anchor) => isAbove(anchor, lower))) return;
    top = rest.find((one) => isAbove(one, lower));
    rest = rest.filter((one) => one !== top);
    if (top !== undefined) continue;
    throw wrong(cert, `lacks the authority above "${lower.subject.replaceAll("\n", ", ")}"`);
  }
}

function isAbove(upper: X509Certificate, lower: X509Certificate): boolean {
  try {
    return lower.fingerprint256 === upper.fingerprint256
      ? upper.ca
      : lower.checkIssued(upper) && lower.verify(upper.publicKey);
  } catch {
    // OpenSSL throws where the signature's algorithm does not go with the key.
    return false;
  }
}

function parsed(file: NamedFile, pem: string): readonly X509Certificate[] {
  try {
    return certificatesIn(pem);
  } catch {
    throw wrong(file, "holds no certificate in PEM");
  }
}

async function textOf(file: NamedFile): Promise<string> {
  try {
    return await readFile(file.path, "utf8");
  } catch (thrown) {
    throw wrong(file, `cannot be read: ${messageOf(thrown)}`);
  }
}

function wrong({ setting, path }: NamedFile, why: string): ConfigError {
  return new ConfigError(setting, `${path} ${why}`);
}

/** Looks for another certificate until the signal aborts; `take` uses it for connections to come. */
export async function watchCertificate(
  supply: CertificateSupply,
  {
    clock,
    log,
    signal,
    take,
  }: {
    readonly clock: Clock;
    readonly log: Log;
    readonly signal: AbortSignal;
    readonly take: (certificate: ServerCertificate) => void;
  },
): Promise<void> {
  let waiting: ServerCertificate | undefined;
  for (await pause(clock, LOOK_MS, signal); !signal.aborted; await pause(clock, LOOK_MS, signal)) {
    try {
      // One that could not be used is tried again, until there is another.
      waiting = (await supply.next()) ?? waiting;
      if (waiting === undefined) continue;
      const next = waiting;
      take(next);
      waiting = undefined;
      const [leaf] = certificatesIn(next.chainPem);
      const until = isoTime(leaf?.validToDate.getTime() ?? 0);
      log.info({ until }, "another certificate is in use");
    } catch (thrown) {
      log.warn({ error: messageOf(thrown) }, "the certificate was not taken over");
    }
  }
}
