import { createPrivateKey, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { checkServerIdentity, createSecureContext, type SecureContextOptions } from "node:tls";

import { ChannelCredentials, ServerCredentials } from "@grpc/grpc-js";

import { ConfigError, messageOf } from "../lib/errors.ts";
import type { ClientTls } from "./tls.ts";

/** Both ends refuse anything older, as the original agent does (protocol 2.2). */
const TLS_MIN_VERSION = "TLSv1.3";
/** How long a peer may take over its handshake; Node's own default of 120 s lets idle sockets pile up. */
const HANDSHAKE_TIMEOUT_MS = 15_000;

/** Sent where a gateway is dialled by IP address; one of the names that gateways have (protocol 2.2). */
const SERVER_NAME_FOR_IP = "agent-gateway.serviceradar";

/** What the gateway needs to speak mTLS. All PEM. */
export interface ServerTls {
  /**
   * Our root, and for every imported authority its chain up to a root that signs itself: OpenSSL wants whole chains, and
   * tls.Server drops the option that would lift this (allowPartialTrustChain, Node 24.21).
   */
  readonly caPems: readonly string[];
  readonly chainPem: string;
  readonly privateKeyPem: string;
}

/** How a client reaches one gateway: what it presents and trusts, and whose certificate it expects. */
export interface ClientChannel {
  readonly credentials: ChannelCredentials;
  /** For grpc-js's channel. */
  readonly nameOptions: Readonly<Record<string, string>>;
}

/**
 * Client side: presents the agent's certificate, trusts the given authorities alone, and wants the gateway's certificate
 * to carry `server_name`, else the host of `address` ("host:port").
 */
export function clientChannel(tls: ClientTls, address: string): ClientChannel {
  const context = createSecureContext({
    ca: tls.caPem,
    cert: tls.chainPem,
    key: tls.privateKeyPem,
    minVersion: TLS_MIN_VERSION,
  });
  const expected = tls.serverName ?? hostOf(address);
  const credentials = ChannelCredentials.createFromSecureContext(context, {
    checkServerIdentity: (_host, certificate) => checkServerIdentity(expected, certificate),
  });
  // A server name on the wire must be a DNS name (RFC 6066 section 3): Node warns of an IP address, Deno refuses it.
  const sent = isIP(expected) === 0 ? expected : SERVER_NAME_FOR_IP;
  return {
    credentials,
    nameOptions: { "grpc.ssl_target_name_override": sent, "grpc.default_authority": sent },
  };
}

/** "gw" of "gw:50052", "::1" of "[::1]:50052". */
function hostOf(address: string): string {
  return address.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}

/**
 * Server side: a client without a certificate that chains to a trusted authority fails in the handshake. An own class,
 * because ServerCredentials.createSsl of grpc-js 1.14.7 takes neither a TLS version nor new authorities later.
 */
export class MutualTlsCredentials extends ServerCredentials {
  constructor(tls: ServerTls, http2Settings: object) {
    super(
      {
        requestCert: true,
        rejectUnauthorized: true,
        handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
        ...http2Settings,
      },
      contextOf(tls),
    );
  }

  /** Takes over new authorities or a renewed certificate; open connections stay. Throws ConfigError on unusable ones. */
  replace(tls: ServerTls): void {
    this.updateSecureContextOptions(contextOf(tls));
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

/** Checked first: grpc-js would drop every new connection over unusable material, Deno fail at the next handshake. */
function contextOf(tls: ServerTls): SecureContextOptions {
  const problem = problemOf(tls);
  if (problem !== undefined) throw new ConfigError("gateway certificate", problem);
  return {
    ca: [...tls.caPems],
    cert: tls.chainPem,
    key: tls.privateKeyPem,
    minVersion: TLS_MIN_VERSION,
  };
}

function problemOf({ caPems, chainPem, privateKeyPem }: ServerTls): string | undefined {
  try {
    const [certificate] = [chainPem, ...caPems].map((pem) => new X509Certificate(pem));
    const isPair = certificate?.checkPrivateKey(createPrivateKey(privateKeyPem));
    return isPair === true ? undefined : "is not that of its private key";
  } catch (thrown) {
    return `cannot be read: ${messageOf(thrown)}`;
  }
}
