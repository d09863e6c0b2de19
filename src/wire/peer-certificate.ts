import { X509Certificate } from "node:crypto";

import { err, type Result } from "../lib/result.ts";
import { parsePeerName, type PeerName } from "./peer-name.ts";

/** URIs in Node's text of alternative names; one that holds a comma or a quote is written as a JSON string. */
const URI = /(?:^|, )URI:(?:("(?:[^"\\]|\\.)*")|([^,]*))/g;

/** Who a client's certificate (leaf, DER) says it is for. Takes some 0.1 ms: keep the answer as long as the connection's certificate. */
export function readPeerName(certificateDer: Uint8Array): Result<PeerName> {
  try {
    const certificate = new X509Certificate(certificateDer);
    const commonName: unknown = certificate.toLegacyObject().subject.CN;
    // Several common names come as an array; which of them would count is anybody's guess.
    if (typeof commonName !== "string") return err("certificate has not exactly one common name");
    return parsePeerName(commonName, urisOf(certificate.subjectAltName ?? ""));
  } catch {
    return err("certificate cannot be read");
  }
}

function urisOf(altNames: string): readonly string[] {
  return [...altNames.matchAll(URI)].map(([, quoted, plain = ""]) =>
    quoted === undefined ? plain : (JSON.parse(quoted) as string),
  );
}
