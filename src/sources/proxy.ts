/** Which proxy a source is reached through, and who said so. A source's own settings go before the environment's. */
import { BlockList, isIP } from "node:net";

import { err, ok, type Result } from "../lib/result.ts";
import type { SourceConfig } from "../model/sync-payload.ts";
import { parseProxy } from "./endpoint.ts";

/** A proxy and the setting that named it. */
export interface ProxyChoice {
  readonly url: string;
  /** "proxy_url", "HTTPS_PROXY" or "HTTP_PROXY". */
  readonly from: string;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Asking = Pick<SourceConfig, "endpoint" | "proxyUrl" | "noProxy">;

/** The proxy of a source; undefined where it is reached directly. The error names the setting or the variable. */
export function proxyOf(
  config: Asking,
  env: Environment = process.env,
): Result<ProxyChoice | undefined> {
  // What is no address is told of where the endpoint itself is checked.
  if (!URL.canParse(config.endpoint)) return ok(undefined);
  const endpoint = new URL(config.endpoint);
  const chosen = named(config) ?? inherited(endpoint, env);
  if (chosen === undefined) return ok(undefined);
  const exempt = config.noProxy ?? (chosen.from === "proxy_url" ? "" : variable(env, "NO_PROXY"));
  if (isExempt(endpoint, exempt ?? "")) return ok(undefined);
  const url = parseProxy(chosen.from, chosen.url);
  return url.ok ? ok({ url: url.value, from: chosen.from }) : err(url.error);
}

function named({ proxyUrl }: Asking): ProxyChoice | undefined {
  return proxyUrl === undefined ? undefined : { url: proxyUrl, from: "proxy_url" };
}

/** As Go and curl have it; this very host is never behind the proxy of an environment. */
function inherited(endpoint: URL, env: Environment): ProxyChoice | undefined {
  if (isLoopback(hostOf(endpoint))) return undefined;
  const from = endpoint.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const url = variable(env, from);
  return url === undefined ? undefined : { url, from };
}

function variable(env: Environment, name: string): string | undefined {
  const value = (env[name.toLowerCase()] ?? env[name])?.trim();
  return value === "" ? undefined : value;
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase();
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Entries apart by commas or blanks: "*", a name and all below it, ".name" for those below alone, an address, a network; any with ":port". */
function isExempt(endpoint: URL, list: string): boolean {
  const host = hostOf(endpoint);
  const port = endpoint.port || (endpoint.protocol === "https:" ? "443" : "80");
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .some((entry) => covers(entry, { host, port }));
}

function covers(entry: string, { host, port }: { host: string; port: string }): boolean {
  if (entry === "*") return true;
  const [, name = entry, only] = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(entry) ?? [];
  if (only !== undefined && only !== port) return false;
  const bare = name.replace(/^\[(.*)\]$/, "$1");
  if (isIP(host) !== 0) return bare.includes("/") ? isInside(bare, host) : bare === host;
  const suffix = bare.replace(/^\*?\./, "");
  return host.endsWith(`.${suffix}`) || (bare === suffix && host === suffix);
}

function isInside(network: string, host: string): boolean {
  const [base = "", bits = ""] = network.split("/");
  const family = isIP(base) === 6 ? "ipv6" : "ipv4";
  const bitsMax = family === "ipv6" ? 128 : 32;
  if (isIP(base) !== isIP(host) || !/^\d+$/.test(bits) || Number(bits) > bitsMax) return false;
  const inside = new BlockList();
  inside.addSubnet(base, Number(bits), family);
  return inside.check(host, family);
}
