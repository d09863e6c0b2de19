/** Settings of `serve` for a gateway whose certificate comes from an existing PKI. */
import { ConfigError } from "../lib/errors.ts";
import type { CertificateFiles, NamedFile } from "../lib/server-certificate.ts";
import { optional, type Values } from "./args.ts";

/** Its files, with the authorities that agents know it by. */
export type GatewayCertificateFiles = CertificateFiles & { readonly ca: NamedFile };

/** The flags. */
export const GATEWAY_FLAGS = {
  grpcCert: optional(
    "FILE",
    "the gateway's certificate of a PKI of yours and those above it, PEM (default: the core makes one)",
  ),
  grpcKey: optional("FILE", "its key, PEM"),
  grpcCa: optional("FILE", "root of that PKI, PEM; agents made here trust it too"),
};

/** Reads them. Throws ConfigError naming the flag that is missing. */
export function gatewayCertificate({
  grpcCert,
  grpcKey,
  grpcCa,
}: Values<typeof GATEWAY_FLAGS>): GatewayCertificateFiles | undefined {
  if (grpcCert === undefined && grpcKey === undefined && grpcCa === undefined) return undefined;
  return {
    cert: given("--grpc-cert", grpcCert),
    key: given("--grpc-key", grpcKey),
    ca: given("--grpc-ca", grpcCa),
  };
}

function given(setting: string, path: string | undefined): NamedFile {
  if (path !== undefined) return { setting, path };
  throw new ConfigError(setting, "is missing: --grpc-cert, --grpc-key and --grpc-ca go together");
}
