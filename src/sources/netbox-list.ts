import { SyncError } from "../lib/errors.ts";
import type { Secret } from "../lib/secret.ts";
import type { HttpError } from "./http-error.ts";
import type { HttpCall, HttpClient } from "./http.ts";
import { parseListPage, rowId, type ListPage } from "./netbox-rows.ts";
import { PageLimit } from "./page-limit.ts";

/** A token's authority over one NetBox for the time of one pull. */
export interface NetboxSession {
  readonly client: HttpClient;
  readonly call: HttpCall;
  readonly authorization: Secret;
}

/** What to list, and how many rows at a time. */
export interface NetboxList {
  readonly path: string;
  readonly fields: readonly string[];
  /** A filter given once for each of the ids. */
  readonly filter?: { readonly name: string; readonly ids: readonly number[] };
  /** Only what changed at this time or later: the filter's name, and the time in RFC 3339. */
  readonly since?: { readonly name: string; readonly time: string };
  /** Rows a page; one that is kept learns over several lists what the server can do. */
  readonly limit: number | PageLimit;
  /** Rows with this id and below were read before. */
  readonly after?: number;
  /** Rows above this id are not wanted. */
  readonly upTo?: number;
}

/** Some rows of a list in ascending order of their ids. */
export interface NetboxPage {
  readonly rows: readonly unknown[];
  /** The greatest id read so far. */
  readonly lastId: number;
  readonly isLast: boolean;
}

/** A page that keeps failing is asked for in halves, but not below this many rows. */
export const LIMIT_MIN = 25;

/**
 * Reads a list by keyset (`ordering=id&id__gt=…`), in which rows that come or go meanwhile make nothing skip or
 * repeat; offsets do both. Known from 3.5 on, unlike the `start` cursor of 4.6, which older servers ignore. Links in the
 * answers are not followed: behind a proxy they name a wrong host. Throws SyncError `filter_ignored` where the server did
 * not page by id, since that would loop or read everything again.
 */
export async function* listRows(
  session: NetboxSession,
  list: NetboxList,
): AsyncGenerator<NetboxPage> {
  const limit = typeof list.limit === "number" ? new PageLimit(list.limit, LIMIT_MIN) : list.limit;
  let lastId = list.after ?? 0;
  for (;;) {
    const page = await askPage(session, list, (failure) => ({
      limit: limit.rowsAfter(failure),
      lastId,
    }));
    limit.grow();
    const next = checkedPage(page, { list, lastId });
    yield next;
    if (next.isLast) return;
    lastId = next.lastId;
  }
}

/** What a list says of itself before it is read. */
export interface ListFacts {
  /** How many rows it has; undefined where the server does not say. */
  readonly count: number | undefined;
  /** Whether it gives ids alone when asked for them, which costs next to nothing. Up to 3.7 NetBox does not. */
  readonly givesIds: boolean;
}

/** Asks for one id. */
export async function listFacts(session: NetboxSession, path: string): Promise<ListFacts> {
  const list = { path, fields: ["id"], limit: 1 };
  const { count, results } = await askPage(session, list, () => ({ limit: 1, lastId: 0 }));
  const givesIds = results.every((row) => Object.keys(Object(row) as object).length === 1);
  return { count: count ?? undefined, givesIds };
}

type Position = { readonly limit: number; readonly lastId: number };

async function askPage(
  session: NetboxSession,
  list: NetboxList,
  position: (failure: HttpError | undefined) => Position,
): Promise<ListPage> {
  const headers = { authorization: session.authorization };
  const answer = await session.client.json(
    (failure) => ({ path: list.path, query: queryOf(list, position(failure)), headers }),
    session.call,
  );
  const page = parseListPage(answer.body);
  if (page.ok) return page.value;
  const why = `${list.path} answered no list of a NetBox (${page.error})`;
  throw new SyncError("bad_data", why, { retry: "permanent" });
}

function queryOf(list: NetboxList, { limit, lastId }: Position): URLSearchParams {
  const query = new URLSearchParams();
  for (const id of list.filter?.ids ?? []) query.append(list.filter?.name ?? "", String(id));
  if (list.since !== undefined) query.set(list.since.name, list.since.time);
  query.set("ordering", "id");
  query.set("id__gt", String(lastId));
  if (list.upTo !== undefined) query.set("id__lte", String(list.upTo));
  query.set("limit", String(limit));
  query.set("fields", list.fields.join(","));
  // Up to 3.7 `fields` is ignored; there this keeps the rendered configuration context out of every row.
  query.set("exclude", "config_context");
  return query;
}

/** Checks that a page goes on where the last one stopped, and tells whether it is the last. */
function checkedPage(
  page: ListPage,
  asked: { readonly list: NetboxList; readonly lastId: number },
): NetboxPage {
  const { path, upTo = Infinity } = asked.list;
  let { lastId } = asked;
  for (const row of page.results) {
    const id = rowId(row);
    if (id === undefined) continue;
    if (id <= lastId) {
      const why = `${path} ignored ordering=id or id__gt=${asked.lastId}: it gave row ${id} after ${lastId}`;
      throw new SyncError("filter_ignored", why, { retry: "permanent" });
    }
    if (id > upTo) {
      const why = `${path} ignored id__lte=${upTo}: it gave row ${id}`;
      throw new SyncError("filter_ignored", why, { retry: "permanent" });
    }
    lastId = id;
  }
  // With id__gt the count is that of the rows behind lastId: a page that is short of it has successors, whatever
  // `next` says (a cap below our limit, or a link lost by a proxy).
  const remaining = (page.count ?? 0) - page.results.length;
  const isLast = remaining <= 0 && page.next == null;
  if (!isLast && lastId === asked.lastId) {
    const why = `${path} gave no row after ${lastId}, though it says that more follow`;
    throw new SyncError("truncated", why, { retry: "transient" });
  }
  return { rows: page.results, lastId, isLast };
}
