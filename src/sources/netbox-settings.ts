import { err, ok, type Result } from "../lib/result.ts";
import { Secret } from "../lib/secret.ts";
import type { SourceConfig } from "../model/sync-payload.ts";
import type { FailedAnswer } from "./http-error.ts";
import { httpSettings, type HttpSettings } from "./http-settings.ts";
import { NETBOX_KINDS, type NetboxKind } from "./netbox-kind.ts";
import { parseNetworkBlacklist, type NetworkBlacklist } from "./network-blacklist.ts";
import { REQUESTS_AT_ONCE_DEFAULT } from "./source-gate.ts";
import type { SourceErrorCode } from "./source.ts";

/** The settings of a NetBox source, checked. */
export interface NetboxSettings {
  readonly http: HttpSettings;
  /** Value of the Authorization header. */
  readonly authorization: Secret;
  /** Machines a page. */
  readonly pageSize: number;
  /** Ranges of ids that are read side by side. */
  readonly rangesAtOnce: number;
  readonly kinds: readonly NetboxKind[];
  readonly isLeftOut: NetworkBlacklist;
}

/** Bounds what a join holds: 250 machines with 50 interfaces each are 12,500 small rows, some 5 MB. */
const PAGE_SIZE_DEFAULT = 250;
/** NetBox caps a page at this by default (MAX_PAGE_SIZE), without a word. */
const PAGE_SIZE_MAX = 1_000;
/**
 * Machines in the ranges that are under way or wait to be taken: as many as a page may hold, so that reading side by side needs no more memory
 * than a large page does.
 */
const ROWS_AT_ONCE_MAX = PAGE_SIZE_MAX;
/** Ranges for each request at a time: a range makes one request, then two, then up to three at once, and waits for each. */
const RANGES_A_REQUEST = 0.75;
/** What people paste behind the base address: the API's root, or one of its lists. */
const API_PATH = /\/api(\/(dcim|virtualization|ipam|status|core|extras)(\/.*)?)?$/;
/** Visible ASCII: anything else cannot be in a header, and is a slip of copying. */
const TOKEN = /^[\x21-\x7e]+$/;
const NO = /^(false|0|no|off)$/i;

/**
 * Checks a source's settings. Credentials: `api_token` (or `token`, as the web page of the original calls it), and
 * optionally `verify_ssl` and `virtual_machines: "false"` for a token that may see devices only.
 */
export function netboxSettings(config: SourceConfig): Result<NetboxSettings> {
  const { credentials, pageRowsMax = Infinity } = config;
  const says = (name: string): string => credentials[name]?.reveal().trim() ?? "";
  const token = (says("api_token") || says("token")).replace(/^(token|bearer)\s+/i, "");
  if (token === "") return err("credentials.api_token is missing");
  if (!TOKEN.test(token)) return err("credentials.api_token holds a blank or an odd character");
  const insecureSkipVerify = config.insecureSkipVerify || NO.test(says("verify_ssl"));
  const http = httpSettings({ ...config, insecureSkipVerify }, API_PATH);
  if (!http.ok) return http;
  const blacklist = parseNetworkBlacklist(config.networkBlacklist);
  if (!blacklist.ok) return blacklist;
  const devicesOnly = NO.test(says("virtual_machines"));
  const pageSize = Math.min(config.pageSize ?? PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, pageRowsMax);
  return ok({
    http: { ...http.value, classify },
    authorization: authorization(token),
    pageSize,
    rangesAtOnce: rangesAtOnce(config, pageSize),
    kinds: NETBOX_KINDS.filter(({ name }) => name === "device" || !devicesOnly),
    isLeftOut: blacklist.value,
  });
}

function rangesAtOnce(config: SourceConfig, pageSize: number): number {
  const { concurrentRequests = REQUESTS_AT_ONCE_DEFAULT, pageRowsMax = Infinity } = config;
  const wanted = Math.ceil(concurrentRequests * RANGES_A_REQUEST);
  const fitting = Math.floor(Math.min(ROWS_AT_ONCE_MAX, pageRowsMax) / pageSize);
  return Math.max(1, Math.min(wanted, fitting));
}

/** Version 2 tokens (4.5 on) begin with nbt_; older servers know the keyword Token alone. */
function authorization(token: string): Secret {
  return new Secret(`${token.startsWith("nbt_") ? "Bearer" : "Token"} ${token}`);
}

/** NetBox refuses bad, expired and disabled tokens with 403, as it does what a good token may not see. */
function classify({ status, text }: FailedAnswer): SourceErrorCode | undefined {
  if (status !== 403) return undefined;
  return /token|credentials|authenticat/i.test(text) ? "auth" : "permission";
}
