/** What an administrator would look at on an agent's host, one by one: certificate, files, clock, gateways, sources. */
import { constants, existsSync } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname } from "node:path";

import type { Clock } from "../lib/clock.ts";
import { messageOf, SyncError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { Result } from "../lib/result.ts";
import type { SyncPayload } from "../model/sync-payload.ts";
import { probeSource } from "../sources/probe.ts";
import type { Source } from "../sources/source.ts";
import { askGateway } from "./ask-gateway.ts";
import { judgeConfig } from "./config-answer.ts";
import { keptSources } from "./current-sources.ts";
import type { SourcesWanted } from "./current-sources.ts";
import { diagnose } from "./diagnosis.ts";

/** What one look found. */
export interface Check {
  /** In kebab-case; a source's checks are named after it. */
  readonly name: string;
  readonly outcome: "pass" | "warn" | "fail";
  /** A sentence for the operator. */
  readonly message: string;
  /** Of a failure: code of the SyncError, for the exit code. */
  readonly code?: string;
}

/** What is looked at. */
export interface CheckupOptions extends SourcesWanted {
  readonly dataDir: string;
  readonly keyPath: string;
  readonly certificateEndMs: number;
  readonly sourceOfType: (type: string) => Result<Source>;
  readonly clock: Clock;
  readonly log: Log;
}

const DAY_MS = 86_400_000;
/** A certificate that ends sooner should have been renewed long before. */
const CERTIFICATE_SOON_MS = 14 * DAY_MS;
/** Clocks that differ more confuse event times and the validity of certificates. */
const CLOCK_SKEW_MAX_MS = 60_000;

/** Looks at one thing after the other. Never throws for what it finds. */
export async function* checkUp(options: CheckupOptions): AsyncGenerator<Check> {
  yield certificateCheck(options);
  yield await keyFileCheck(options.keyPath);
  yield await dataDirCheck(options.dataDir);
  yield await keptConfigCheck(options);
  const gateways: GatewayFound[] = [];
  for (const address of options.addresses) gateways.push(await gatewayChecks(address, options));
  const isAnyGood = gateways.some(({ found }) => found !== undefined);
  for (const { checks } of gateways) yield* checks.map((check) => mildly(check, isAnyGood));
  let payload = gateways.find(({ found }) => found !== undefined)?.found;
  // What was kept is what the agent would run.
  payload ??= (await keptSources(options.store).catch(() => undefined))?.payload;
  if (payload !== undefined) yield* sourceChecks(payload, options);
}

function certificateCheck({ certificateEndMs, clock }: CheckupOptions): Check {
  const name = "certificate";
  const days = Math.floor((certificateEndMs - clock.now()) / DAY_MS);
  if (days < 0) {
    const message = `ended ${-days} days ago; make a new one at the core with: serviceradar-core agent create --renew`;
    return { name, outcome: "fail", message, code: "unauthenticated" };
  }
  const isSoon = certificateEndMs - clock.now() < CERTIFICATE_SOON_MS;
  return isSoon
    ? { name, outcome: "warn", message: `ends in ${days} days; a running agent renews it` }
    : { name, outcome: "pass", message: `good for ${days} days` };
}

async function keyFileCheck(path: string): Promise<Check> {
  const name = "key-file";
  const { mode } = await stat(path);
  if (process.platform === "win32" || (mode & 0o077) === 0) {
    return { name, outcome: "pass", message: `${path} is its owner's alone` };
  }
  return { name, outcome: "warn", message: `${path} can be read by others; chmod 600 ${path}` };
}

/** Makes nothing: a folder that an administrator's `check` made would be closed to the user that the agent runs as. */
async function dataDirCheck(dataDir: string): Promise<Check> {
  const name = "data-dir";
  try {
    const there = nearestFolder(dataDir);
    await access(there, constants.W_OK);
    const how = there === dataDir ? "can be written" : "will be made at the first start";
    return { name, outcome: "pass", message: `${dataDir} ${how}` };
  } catch (thrown) {
    const message = `${dataDir} cannot be written, so nothing is kept between starts: ${messageOf(thrown)}`;
    return { name, outcome: "warn", message };
  }
}

function nearestFolder(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path));
}

async function keptConfigCheck({ store, clock }: CheckupOptions): Promise<Check> {
  const name = "kept-config";
  try {
    const kept = await keptSources(store);
    if (kept?.keptSinceMs === undefined) {
      return { name, outcome: "pass", message: "none yet; the first answer of a gateway is kept" };
    }
    const hours = Math.floor((clock.now() - kept.keptSinceMs) / 3_600_000);
    const message = `${kept.payload.sources.length} sources, confirmed ${hours} hours ago`;
    return { name, outcome: "pass", message };
  } catch (thrown) {
    return { name, outcome: "warn", message: messageOf(thrown) };
  }
}

/** One gateway of several may be away: that is what the others are for. */
function mildly(check: Check, isAnyGood: boolean): Check {
  if (!isAnyGood || check.outcome !== "fail" || check.code === "config") return check;
  return { name: check.name, outcome: "warn", message: check.message };
}

type GatewayFound = { readonly checks: readonly Check[]; readonly found?: SyncPayload };

async function gatewayChecks(address: string, options: CheckupOptions): Promise<GatewayFound> {
  const name = "gateway";
  try {
    const answer = await askGateway(() => options.connect(address), options);
    const message = `${address} is ${answer.gatewayId}, and accepts this agent`;
    const clock = clockCheck(answer.serverTimeMs, options.clock.now());
    const verdict = judgeConfig(answer.config, "");
    const checks: Check[] = [{ name, outcome: "pass", message }, ...clock];
    if (verdict.do !== "apply") {
      const why = verdict.do === "keep" ? verdict.reason : "it said that nothing is new";
      checks.push({ name: "configuration", outcome: "fail", message: why, code: "unavailable" });
      return { checks };
    }
    return { checks: [...checks, ...configChecks(verdict.payload)], found: verdict.payload };
  } catch (thrown) {
    const code = thrown instanceof SyncError ? thrown.code : "internal";
    const message = `${address}: ${diagnose(thrown)}`;
    return { checks: [{ name, outcome: "fail", message, code }] };
  }
}

function clockCheck(serverTimeMs: number | undefined, nowMs: number): readonly Check[] {
  if (serverTimeMs === undefined) return [];
  const name = "clock";
  const skewMs = nowMs - serverTimeMs;
  const seconds = Math.round(Math.abs(skewMs) / 1_000);
  return Math.abs(skewMs) <= CLOCK_SKEW_MAX_MS
    ? [{ name, outcome: "pass", message: `within ${CLOCK_SKEW_MAX_MS / 1_000} s of the gateway's` }]
    : [
        {
          name,
          outcome: "warn",
          message: `${seconds} s ${skewMs > 0 ? "ahead of" : "behind"} the gateway's; set this host's clock by NTP`,
        },
      ];
}

function configChecks({ sources, rejected }: SyncPayload): readonly Check[] {
  const name = "configuration";
  const count = `${sources.length} ${sources.length === 1 ? "source" : "sources"}`;
  return [
    { name, outcome: sources.length === 0 ? "warn" : "pass", message: count },
    ...rejected.map(({ name: source, reason }): Check => {
      return { name: `source ${source}`, outcome: "fail", message: reason, code: "config" };
    }),
  ];
}

async function* sourceChecks(
  { sources }: SyncPayload,
  { sourceOfType, signal, log, clock }: CheckupOptions,
): AsyncGenerator<Check> {
  for (const config of sources) {
    const name = `source ${config.name}`;
    const source = sourceOfType(config.type);
    const opened = source.ok ? source.value.open(config) : source;
    if (!opened.ok) {
      yield { name, outcome: "fail", message: opened.error, code: "config" };
      continue;
    }
    const options = { signal, log, clock };
    for await (const { step, outcome, message } of probeSource(
      { config, opened: opened.value },
      options,
    )) {
      // A step that does not apply is no news, and one behind a failure neither.
      if (outcome === "skipped") continue;
      const isGood = outcome === "passed";
      yield {
        name,
        outcome: isGood ? "pass" : "fail",
        message: `${step}: ${message}`,
        ...(isGood ? {} : { code: CODES[step] ?? "unreachable" }),
      };
    }
  }
}

/** What a failed step means to whoever reads the exit code; the others mean that the source cannot be reached. */
const CODES: Readonly<Record<string, string>> = {
  auth: "auth",
  permission: "permission",
  sample: "bad_data",
};
