/**
 * Tests a source step by step, as an administrator would look for a fault: name, port, certificate, credentials, rights, devices.
 * Each step says what was found, so that the first that fails names what to mend. Reads one page and changes nothing.
 */
import { lookup } from "node:dns/promises";
import { connect as connectTcp, isIP } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";

import { systemClock, type Clock } from "../lib/clock.ts";
import { messageOf, SyncError } from "../lib/errors.ts";
import { grouped } from "../lib/grouped.ts";
import type { Log } from "../lib/log.ts";
import type { SourceConfig } from "../model/sync-payload.ts";
import { chainOf, chainText } from "./certificate-chain.ts";
import { oneLine } from "./http-error.ts";
import { trustedAuthorities } from "./http-settings.ts";
import { proxyOf } from "./proxy.ts";
import type { OpenSource, SourcePage } from "./source.ts";

/** What is looked at, in this order. */
export const PROBE_STEPS = ["dns", "tcp", "tls", "auth", "permission", "sample"] as const;

/** One of PROBE_STEPS. */
type ProbeStepName = (typeof PROBE_STEPS)[number];

/** What a step found. */
export interface ProbeStep {
  readonly step: ProbeStepName;
  /** `skipped`: does not apply, or an earlier step failed. */
  readonly outcome: "passed" | "failed" | "skipped";
  /** A sentence for the operator. */
  readonly message: string;
  readonly ms: number;
  /** What a program may want of it. */
  readonly found?: Readonly<Record<string, unknown>>;
}

/** How a probe is bounded. */
export interface ProbeOptions {
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly clock?: Clock;
}

/** How long one of the first three steps may take, ms: far beyond any network that would carry a sync. */
const STEP_MAX_MS = 10_000;
/** Devices named in the answer. */
const NAMED_MAX = 5;

type Target = {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  /** Which setting named the host, where it is a proxy. */
  readonly proxyFrom?: string;
};
type Found = Pick<ProbeStep, "outcome" | "message" | "found">;

/** Takes the steps one by one; all of them come, those behind a failure as skipped. */
export async function* probeSource(
  { config, opened }: { readonly config: SourceConfig; readonly opened: OpenSource },
  options: ProbeOptions,
): AsyncGenerator<ProbeStep> {
  const clock = options.clock ?? systemClock;
  const target = targetOf(config);
  const network = {
    dns: () => findAddress(target),
    tcp: () => reachPort(target),
    tls: () => shakeHands(target, config),
  };
  let failed: ProbeStepName | undefined;
  for (const step of ["dns", "tcp", "tls"] as const) {
    const startedMs = clock.now();
    const found: Found =
      failed === undefined ? await network[step]().catch(failure) : skippedAfter(failed);
    if (found.outcome === "failed") failed = step;
    yield { step, ...found, ms: clock.now() - startedMs };
  }
  const startedMs = clock.now();
  const api =
    failed === undefined
      ? await readPage(opened, options)
      : [skippedAfter(failed), skippedAfter(failed), skippedAfter(failed)];
  const ms = clock.now() - startedMs;
  for (const [i, step] of (["auth", "permission", "sample"] as const).entries()) {
    const found = api[i];
    if (found !== undefined) yield { step, ...found, ms: i === 0 ? ms : 0 };
  }
}

/** The proxy is what this host talks to, where there is one. */
function targetOf(config: SourceConfig): Target {
  const proxy = proxyOf(config);
  const through = proxy.ok ? proxy.value : undefined;
  const url = new URL(through?.url ?? config.endpoint);
  const isTls = url.protocol === "https:";
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = url.port === "" ? (isTls ? 443 : 80) : Number(url.port);
  return { host, port, isTls, ...(through === undefined ? {} : { proxyFrom: through.from }) };
}

function failure(thrown: unknown): Found {
  return { outcome: "failed", message: oneLine(thrown) };
}

function skippedAfter(step: ProbeStepName): Found {
  return { outcome: "skipped", message: `not tried, because ${step} failed` };
}

async function findAddress({ host }: Target): Promise<Found> {
  if (isIP(host) !== 0) return { outcome: "skipped", message: `${host} is an address` };
  const found = await lookup(host, { all: true });
  const addresses = found.map(({ address }) => address);
  const message = `${host} is ${addresses.join(", ")}`;
  return { outcome: "passed", message, found: { addresses } };
}

async function reachPort({ host, port, proxyFrom }: Target): Promise<Found> {
  const socket = connectTcp({ host, port, timeout: STEP_MAX_MS });
  try {
    await within(socket, "connect");
    const named = proxyFrom === undefined ? "" : `, the proxy of ${proxyFrom}`;
    return { outcome: "passed", message: `port ${port} of ${host}${named} answers` };
  } finally {
    socket.destroy();
  }
}

const NO_TLS: Found = {
  outcome: "skipped",
  message: "the address begins with http://, so there is no TLS",
};

async function shakeHands(
  { host, port, isTls }: Target,
  { caPem, insecureSkipVerify }: SourceConfig,
): Promise<Found> {
  if (!isTls) return NO_TLS;
  const socket = connectTls({
    host,
    port,
    timeout: STEP_MAX_MS,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    // Looked at below, so that a chain that is not trusted can be shown.
    rejectUnauthorized: false,
    ca: caPem ?? trustedAuthorities(),
  });
  try {
    await within(socket, "secureConnect");
    return tlsFound(socket, insecureSkipVerify);
  } finally {
    socket.destroy();
  }
}

function tlsFound(socket: TLSSocket, insecureSkipVerify: boolean): Found {
  const chain = chainOf(socket);
  const found = { protocol: socket.getProtocol(), chain };
  const shown = chainText(chain);
  if (socket.authorized) {
    return { outcome: "passed", message: `${found.protocol}, ${shown}`, found };
  }
  const why = String(socket.authorizationError);
  if (insecureSkipVerify) {
    const message = `${found.protocol}, ${shown}; not trusted (${why}), but insecure_skip_verify is on`;
    return { outcome: "passed", message, found };
  }
  const message = `${shown}: not trusted (${why}); its authority belongs in ca_pem`;
  return { outcome: "failed", message, found };
}

async function within(
  socket: ReturnType<typeof connectTcp>,
  event: "connect" | "secureConnect",
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("timeout", () => reject(new Error(`no answer within ${STEP_MAX_MS / 1_000} s`)));
  socket.once(event, resolve);
  socket.once("error", reject);
  await promise;
}

const CREDENTIALS_OK: Found = { outcome: "passed", message: "the credentials are accepted" };
const RIGHTS_OK: Found = { outcome: "passed", message: "they may read devices" };

/** One page tells of credentials, rights and devices; which of them failed is in the error's code. */
async function readPage(
  opened: OpenSource,
  { signal, log, clock }: ProbeOptions,
): Promise<readonly Found[]> {
  try {
    for await (const page of opened.pull({
      isSample: true,
      signal,
      log,
      ...(clock === undefined ? {} : { clock }),
    })) {
      return [CREDENTIALS_OK, RIGHTS_OK, sampleOf(page)];
    }
    return [CREDENTIALS_OK, RIGHTS_OK, { outcome: "passed", message: "there are no devices" }];
  } catch (thrown) {
    const found: Found = { outcome: "failed", message: messageOf(thrown) };
    const code = thrown instanceof SyncError ? thrown.code : "";
    if (code === "auth") return [found, skippedAfter("auth"), skippedAfter("auth")];
    if (code === "permission") return [CREDENTIALS_OK, found, skippedAfter("permission")];
    return [
      { outcome: "skipped", message: "not known" },
      { outcome: "skipped", message: "not known" },
      found,
    ];
  }
}

function sampleOf({ devices, rejected, sourceTotal }: SourcePage): Found {
  const names = devices.flatMap(({ hostname, ip }) => hostname ?? ip ?? []).slice(0, NAMED_MAX);
  const of = sourceTotal === undefined ? "" : ` of ${grouped(sourceTotal)}`;
  const bad = rejected.length === 0 ? "" : `, ${rejected.length} cannot be read`;
  const such =
    names.length === 0 ? "" : `: ${names.join(", ")}${devices.length > names.length ? " …" : ""}`;
  return {
    outcome: "passed",
    message: `the first page has ${grouped(devices.length)}${of} devices${bad}${such}`,
    found: {
      page_devices: devices.length,
      ...(sourceTotal === undefined ? {} : { total: sourceTotal }),
      rejected: rejected.length,
      names,
    },
  };
}
