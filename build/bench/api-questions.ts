/** What readers ask of the inventory that two-sources.ts describes, each time with other values. */
import type { Db } from "../../src/db/pool.ts";
import { timed, type Ask } from "./api-timing.ts";
import { TENANT } from "./ingest-rig.ts";

/** A kind of request. */
export interface Question {
  readonly name: string;
  /** The bare look-up that it is compared with: of one row, or of a page of them. */
  readonly like: "row" | "page";
  readonly pathOf: (nth: number) => string;
}

/** Rows of a page, as the web page asks for them. */
const PAGE = 100;
/** Far apart, so that each request finds other pages of tables and indexes: a prime. */
const STRIDE = 7_919;

const LIST = `/api/v1/tenants/${TENANT}/devices`;

/** Devices by key, one and a page of them, in a connection of one's own: what an index look-up alone takes, ms. */
export async function bareLookUps(
  db: Db,
  { devices, requests }: { readonly devices: number; readonly requests: number },
): Promise<Readonly<Record<Question["like"], number>>> {
  await using session = await db.checkOut();
  const { rows } = await session.query<{ tenant: number }>(
    "select tenant from sync.tenants where slug = $1",
    [TENANT],
  );
  const tenant = rows[0]?.tenant;
  const noOf = (nth: number): number => (nth * STRIDE) % devices;
  const one = await timed(requests, (nth) =>
    session.query("select * from sync.devices where tenant = $1 and device_no = $2", [
      tenant,
      noOf(nth),
    ]),
  );
  const rows100 = await timed(requests, (nth) =>
    session.query(
      `select * from sync.devices where tenant = $1 and device_no > $2 order by device_no limit ${PAGE}`,
      [tenant, noOf(nth)],
    ),
  );
  return { row: one.p50, page: rows100.p50 };
}

type Page = { readonly devices: readonly { readonly id: string }[]; readonly next?: string };

/** Every kind of request. Some speak of devices and places in lists, which are asked for first. */
export async function questionsOf({
  devices,
  ask,
}: {
  readonly devices: number;
  readonly ask: Ask;
}): Promise<readonly Question[]> {
  const read = async (query: string): Promise<Page> =>
    JSON.parse(await ask(`${LIST}?${query}`)) as Page;
  const known = await Promise.all(
    Array.from({ length: 8 }, async (_, i) => {
      const no = Math.floor(((i + 0.5) / 8) * devices);
      return (await read(`q=host-${no}.example.net`)).devices[0]?.id ?? "";
    }),
  );
  const srql = (query: string, rest = ""): string =>
    `${LIST}?limit=${PAGE}&query=${encodeURIComponent(query)}${rest}`;
  const no = (nth: number): number => (nth * STRIDE) % devices;
  const from = (nth: number): string => `&from=host-${1 + (nth % 9)}`;
  return [
    pageOf("list", () => `${LIST}?limit=${PAGE}`),
    pageOf("list_far", (nth) => `${LIST}?limit=${PAGE}&after=d${no(nth).toString(36)}`),
    pageOf("filter_risk", (nth) => srql(`risk_level:${["Low", "High", "Medium"][nth % 3]}`)),
    pageOf("filter_source_and_site", (nth) => srql(`source:netbox site:dc-${nth % 40}`)),
    pageOf("filter_nothing_found", (nth) => srql(`vendor:nobody${nth}`)),
    pageOf("filter_pattern", (nth) => srql(`hostname:%${no(nth)}%`)),
    pageOf("filter_tag", () => srql("tags.Managed:%")),
    pageOf("filter_metadata", (nth) => srql(`metadata.rack:R${nth}`)),
    pageOf("seen_last_week", () => srql("time:last_7d")),
    pageOf("sort_hostname", () => srql("sort:hostname")),
    pageOf("sort_hostname_far", (nth) => srql("sort:hostname", from(nth))),
    pageOf("sort_hostname_down_far", (nth) => srql("sort:hostname:desc", from(nth))),
    pageOf("sort_ip_far", (nth) => srql("sort:ip", `&from=10.0.${nth * 10}.0`)),
    pageOf("sort_risk", () => srql("sort:risk_score:desc")),
    pageOf("sort_last_seen", () => srql("sort:last_seen:desc")),
    pageOf("sort_site_far", (nth) => srql("sort:site", `&from=dc-${nth % 40}`)),
    rowOf("search_name", (nth) => `${LIST}?limit=${PAGE}&q=host-${no(nth)}.`),
    rowOf("search_ip", (nth) => `${LIST}?limit=${PAGE}&q=10.0.${nth}.7`),
    rowOf("count_all", () => `${LIST}?limit=1&total=true`),
    rowOf("count_filtered", (nth) =>
      `${srql(`site:dc-${nth % 40}`)}&total=true`.replace("limit=100", "limit=1"),
    ),
    rowOf("groups", () => `${LIST}/groups?query=${encodeURIComponent('stats:"count() by model"')}`),
    rowOf("detail", (nth) => `${LIST}/${known[nth % known.length]}`),
  ];
}

function pageOf(name: string, pathOf: Question["pathOf"]): Question {
  return { name, like: "page", pathOf };
}

function rowOf(name: string, pathOf: Question["pathOf"]): Question {
  return { name, like: "row", pathOf };
}
