import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";

import { ConfigError, messageOf } from "../lib/errors.ts";

/** What an agent needs to speak mTLS. All PEM. */
export interface ClientTls {
  /** The only authorities that are trusted; the system's are not. */
  readonly caPem: string;
  /** The agent's certificate, then the intermediate ones. */
  readonly chainPem: string;
  readonly privateKeyPem: string;
  /** Name that the gateway's certificate must carry, where it is not the one that is dialled. */
  readonly serverName?: string;
}

/** Where relative paths begin if `cert_dir` is not set, as in the original. */
const CERT_DIR_DEFAULT = "/etc/serviceradar/certs";

type Json = Readonly<Record<string, unknown>>;
type Pem = { readonly setting: string; readonly path: string; readonly text: string };

/**
 * Reads the files that a `security` or `gateway_security` block of agent.json names (`setting` is the block's name) and
 * checks that they belong together. Throws ConfigError naming the setting and the file. Dates are not
 * checked: a host that boots with a wrong clock must be able to go on once it is right.
 */
export async function loadClientTls(block: unknown, setting: string): Promise<ClientTls> {
  const security = object(block, setting);
  const mode = text(security, "mode", setting);
  if (mode !== "mtls") {
    throw new ConfigError(`${setting}.mode`, `"${mode ?? ""}" is not supported, it must be "mtls"`);
  }
  const files = object(security["tls"], `${setting}.tls`);
  const dir = text(security, "cert_dir", setting) ?? CERT_DIR_DEFAULT;
  const read = (name: string): Promise<Pem> => readPem(files, { name, dir, setting });
  const [chain, key, ca] = [await read("cert_file"), await read("key_file"), await read("ca_file")];
  parse(ca, "certificates of authorities", (pem) => new X509Certificate(pem));
  const certificate = parse(chain, "a certificate", (pem) => new X509Certificate(pem));
  const privateKey = parse(key, "a private key without passphrase", createPrivateKey);
  checkPair(certificate, { privateKey, key, chain });
  const serverName = text(security, "server_name", setting);
  return {
    caPem: ca.text,
    chainPem: chain.text,
    privateKeyPem: key.text,
    ...(serverName === undefined ? {} : { serverName }),
  };
}

/** The files of an agent's certificate and key. Throws ConfigError naming the setting that is missing. */
export function clientTlsPaths(
  block: unknown,
  setting: string,
): { readonly cert: string; readonly key: string } {
  const security = object(block, setting);
  const files = object(security["tls"], `${setting}.tls`);
  const dir = text(security, "cert_dir", setting) ?? CERT_DIR_DEFAULT;
  const pathOf = (name: string): string => pemPath(files, { name, dir, setting });
  return { cert: pathOf("cert_file"), key: pathOf("key_file") };
}

function object(value: unknown, setting: string): Json {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  throw new ConfigError(setting, value === undefined ? "is missing" : "is not a JSON object");
}

function text(block: Json, key: string, setting: string): string | undefined {
  const value = block[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw new ConfigError(`${setting}.${key}`, "is not a text");
  return value.trim() === "" ? undefined : value.trim();
}

type PemFile = { readonly name: string; readonly dir: string; readonly setting: string };

function pemPath(files: Json, { name, dir, setting }: PemFile): string {
  const given = text(files, name, `${setting}.tls`);
  if (given === undefined) throw new ConfigError(`${setting}.tls.${name}`, "is not set");
  return isAbsolute(given) ? given : join(dir, given);
}

async function readPem(files: Json, file: PemFile): Promise<Pem> {
  const whole = `${file.setting}.tls.${file.name}`;
  const path = pemPath(files, file);
  try {
    return { setting: whole, path, text: await readFile(path, "utf8") };
  } catch (thrown) {
    throw new ConfigError(whole, `${path} cannot be read: ${messageOf(thrown)}`);
  }
}

function parse<Parsed>(pem: Pem, what: string, parser: (text: string) => Parsed): Parsed {
  try {
    return parser(pem.text);
  } catch {
    throw new ConfigError(pem.setting, `${pem.path} does not hold ${what} in PEM`);
  }
}

function checkPair(
  certificate: X509Certificate,
  files: { readonly privateKey: KeyObject; readonly key: Pem; readonly chain: Pem },
): void {
  if (certificate.checkPrivateKey(files.privateKey)) return;
  throw new ConfigError(
    files.key.setting,
    `${files.key.path} is not the key of the certificate in ${files.chain.path}`,
  );
}
