import { X509Certificate } from "node:crypto";
import { getCACertificates } from "node:tls";

import { Agent, type Dispatcher, ProxyAgent } from "undici";

import { err, ok, type Result } from "../lib/result.ts";
import type { SourceConfig } from "../model/sync-payload.ts";
import { clientIdentity, type ClientIdentity } from "./client-identity.ts";
import { parseEndpoint, type Endpoint } from "./endpoint.ts";
import type { FailedAnswer } from "./http-error.ts";
import { proxyOf } from "./proxy.ts";
import { REQUESTS_AT_ONCE_DEFAULT } from "./source-gate.ts";
import type { SourceErrorCode } from "./source.ts";

/** The bounds of one client; a connector changes those that its system needs otherwise. */
export interface HttpLimits {
  /** Largest body, before and after decompression. 1,000 full NetBox devices are 2.6 MB; custom fields can make it ten times that. */
  readonly bodyBytesMax: number;
  readonly connectTimeoutMs: number;
  /** Until the answer's head: a loaded NetBox takes 10 s to build a page of 1,000; gunicorn gives up at 120 s. */
  readonly headersTimeoutMs: number;
  /** Between two pieces of a body. A body that moves has no deadline, however large ... */
  readonly stallTimeoutMs: number;
  /** ... as long as it moves at so many bytes a second: a trickle of bytes is no progress. A modem of 1990 brings 1,200. */
  readonly bodyBytesPerSecondMin: number;
  /** Retries of one request; with the back-off about 90 s, a rolling restart of a web server. */
  readonly retriesMax: number;
  /** The same as long as nothing has ever answered: a wrong address must be told soon. */
  readonly retriesBeforeContactMax: number;
  /** Longest wait taken from a Retry-After, so that a wrong one cannot stop a source for a day. */
  readonly retryAfterMsMax: number;
}

/** The bounds of a client whose settings say nothing else. */
export const HTTP_LIMITS: HttpLimits = {
  bodyBytesMax: 32 * 1024 ** 2,
  connectTimeoutMs: 10_000,
  headersTimeoutMs: 120_000,
  stallTimeoutMs: 30_000,
  bodyBytesPerSecondMin: 500,
  retriesMax: 8,
  retriesBeforeContactMax: 2,
  retryAfterMsMax: 300_000,
};
/** Where and how a client connects. */
export interface HttpSettings {
  readonly endpoint: Endpoint;
  readonly insecureSkipVerify?: boolean | undefined;
  readonly caPem?: string | undefined;
  readonly clientIdentity?: ClientIdentity | undefined;
  readonly proxyUrl?: string | undefined;
  /** Requests a second at most. */
  readonly requestsPerSecond?: number | undefined;
  /** Requests, and so connections, at a time at most: an API serves people too. */
  readonly concurrentRequests?: number | undefined;
  readonly limits?: Partial<HttpLimits> | undefined;
  /** A source's own reading of a failed answer; undefined leaves it to the status. */
  readonly classify?: ((answer: FailedAnswer) => SourceErrorCode | undefined) | undefined;
}

/** Checks the settings that every HTTP source shares. The error names the wrong one. */
export function httpSettings(config: SourceConfig, apiPath?: RegExp): Result<HttpSettings> {
  const endpoint = parseEndpoint("endpoint", config.endpoint, apiPath);
  if (!endpoint.ok) return endpoint;
  const proxy = proxyOf(config);
  if (!proxy.ok) return proxy;
  if (config.caPem !== undefined && !isCertificate(config.caPem)) {
    return err("ca_pem is not a certificate in PEM form");
  }
  const identity = clientIdentity(config);
  if (!identity.ok) return identity;
  const { insecureSkipVerify, caPem, requestsPerSecond, concurrentRequests } = config;
  const { answerTimeoutMs } = config;
  return ok({
    endpoint: endpoint.value,
    proxyUrl: proxy.value?.url,
    insecureSkipVerify,
    caPem,
    clientIdentity: identity.value,
    requestsPerSecond,
    concurrentRequests,
    ...(answerTimeoutMs === undefined ? {} : { limits: { headersTimeoutMs: answerTimeoutMs } }),
  });
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}

/** The connections of one client: HTTP/1.1 with keep-alive, through the proxy where there is one. */
export function connectionsOf(settings: HttpSettings, limits: HttpLimits): Dispatcher {
  const { endpoint, caPem, insecureSkipVerify = false, proxyUrl, clientIdentity: own } = settings;
  const isTls = [endpoint.origin, proxyUrl].some((url) => url?.startsWith("https:") === true);
  const tls = {
    minVersion: "TLSv1.2",
    rejectUnauthorized: !insecureSkipVerify,
    ...(isTls ? { ca: caPem ?? trustedAuthorities() } : {}),
    timeout: limits.connectTimeoutMs,
  } as const;
  // For the source alone: a proxy has no business with it.
  const client =
    own === undefined
      ? {}
      : { cert: own.certPem, key: own.keyPem.reveal(), passphrase: own.passphrase?.reveal() };
  const options = {
    connections: settings.concurrentRequests ?? REQUESTS_AT_ONCE_DEFAULT,
    headersTimeout: limits.headersTimeoutMs,
    bodyTimeout: limits.stallTimeoutMs,
    allowH2: false,
  };
  return proxyUrl === undefined
    ? new Agent({ ...options, connect: { ...tls, ...client } })
    : new ProxyAgent({
        ...options,
        uri: proxyUrl,
        requestTls: { ...tls, ...client },
        proxyTls: tls,
      });
}

/**
 * Node's own list and the machine's: an inventory system on premises often has a company certificate. Not the default one, which
 * NODE_EXTRA_CA_CERTS adds to: whom an agent trusts stands in its sources' settings and on the machine, not in an environment.
 */
export function trustedAuthorities(): string[] {
  return [...new Set([...getCACertificates("bundled"), ...getCACertificates("system")])];
}
