import { err, ok, type Result } from "../lib/result.ts";
import type { SourceConfig, SourceQuery } from "../model/sync-payload.ts";
import { armisCredentials, type ArmisCredentials } from "./armis-auth.ts";
import { LENGTH_MAX } from "./armis-search.ts";
import { httpSettings, type HttpSettings } from "./http-settings.ts";
import { parseNetworkBlacklist, type NetworkBlacklist } from "./network-blacklist.ts";

/** The settings of an Armis source, checked. */
export interface ArmisSettings {
  readonly http: HttpSettings;
  readonly credentials: ArmisCredentials;
  readonly queries: readonly SourceQuery[];
  /** Devices a page. */
  readonly pageSize: number;
  readonly isLeftOut: NetworkBlacklist;
}

/** What public clients ask for; several KB a device make a page of some MB. */
const PAGE_SIZE_DEFAULT = 1_000;
/** Each query holds a page, and its pages shrink with their number; more than this is a mistake. */
const QUERIES_MAX = 50;
/** Armis applies a window of its own to a query that names none; it is not public which, so ours always names one. */
const WINDOW = 'timeFrame:"7 Days"';
const HAS_WINDOW = /\b(timeFrame|after|before):/i;
const API_PATH = /\/api(\/v1(\/.*)?)?$/;

/** Checks a source's settings; the error names the wrong one. Without queries, all devices of the last seven days. */
export function armisSettings(config: SourceConfig): Result<ArmisSettings> {
  const credentials = armisCredentials(config);
  if (!credentials.ok) return credentials;
  const http = httpSettings(config, API_PATH);
  if (!http.ok) return http;
  const queries = armisQueries(config.queries);
  if (!queries.ok) return queries;
  const blacklist = parseNetworkBlacklist(config.networkBlacklist);
  if (!blacklist.ok) return blacklist;
  const { pageRowsMax = Infinity } = config;
  return ok({
    http: http.value,
    credentials: credentials.value,
    queries: queries.value,
    pageSize: Math.min(config.pageSize ?? PAGE_SIZE_DEFAULT, LENGTH_MAX, pageRowsMax),
    isLeftOut: blacklist.value,
  });
}

function armisQueries(configured: readonly SourceQuery[]): Result<readonly SourceQuery[]> {
  if (configured.length > QUERIES_MAX) return err(`queries: more than ${QUERIES_MAX}`);
  const queries = configured.map(({ label, query }) => ({ label, query: unescaped(query) }));
  const other = queries.find(({ query }) => /\bin:(?!devices\b)/i.test(query));
  if (other !== undefined) {
    return err(`queries: "${other.label || other.query}" must search in:devices`);
  }
  if (queries.length === 0) return ok([{ label: "", query: `in:devices ${WINDOW}` }]);
  return ok(
    queries.map(({ label, query }) => ({
      label,
      query: HAS_WINDOW.test(query) ? query : `${query} ${WINDOW}`,
    })),
  );
}

/** People paste queries out of JSON files, backslashes included; the original forgives that too. */
function unescaped(query: string): string {
  return query.replaceAll('\\"', '"').trim();
}
