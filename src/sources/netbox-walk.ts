/**
 * Reads all machines of one kind, in the order of their ids. Where it can, ranges of ids are read side by side: their ends come from a
 * list of the ids alone, which costs a request in a thousand machines. They are handed on in order all the same, so what a run
 * sends, and where it can be taken up again, is that of a walk page by page.
 */
import { SyncError } from "../lib/errors.ts";
import { inOrder } from "./in-order.ts";
import type { NetboxKind } from "./netbox-kind.ts";
import {
  LIMIT_MIN,
  listRows,
  type NetboxList,
  type NetboxPage,
  type NetboxSession,
} from "./netbox-list.ts";
import { mapPage } from "./netbox-page.ts";
import { isShort, RangePlan, type IdRange } from "./netbox-ranges.ts";
import { rowId } from "./netbox-rows.ts";
import { oneAhead } from "./one-ahead.ts";
import { PageLimit } from "./page-limit.ts";
import type { SourcePage } from "./source.ts";

/** What is walked, and how. */
export interface Walk {
  readonly kind: NetboxKind;
  /** Machines with this id and below were read before. */
  readonly after: number;
  readonly pageSize: number;
  /** Ranges at a time; 1: page by page. */
  readonly width: number;
}

/** A page of machines, mapped. */
export interface WalkedPage extends Pick<NetboxPage, "lastId" | "isLast"> {
  readonly page: SourcePage;
  readonly rows: number;
}

/** NetBox's own default cap on a page (MAX_PAGE_SIZE). */
const IDS = 1_000;

/** Reads to the end of the list; a page is asked for before the one before it was taken. Throws SyncError. */
export async function* walkMachines(
  session: NetboxSession,
  walk: Walk,
): AsyncGenerator<WalkedPage> {
  const limit = new PageLimit(walk.pageSize, LIMIT_MIN);
  const rowsOf = (range: Omit<IdRange, "rows">): AsyncGenerator<NetboxPage> =>
    listRows(session, { ...listOf(walk), ...range, limit });
  let { after } = walk;
  if (walk.width > 1) {
    const read = (range: IdRange): Promise<WalkedPage> =>
      readRange(session, { walk, range, rowsOf });
    for await (const page of inOrder(rangesOf(session, walk), walk.width, read)) {
      yield page;
      if (page.isLast) return;
      after = page.lastId;
    }
    // What came while the last range was read.
  }
  for await (const { rows, ...at } of oneAhead(rowsOf({ after }))) {
    yield { ...at, rows: rows.length, page: await mapPage(session, walk.kind, rows) };
  }
}

function listOf({ kind }: Walk): Pick<NetboxList, "path" | "fields"> {
  return { path: kind.path, fields: kind.fields };
}

/** Lists ids, a page ahead of the ranges that are cut out of them. */
async function* rangesOf(session: NetboxSession, walk: Walk): AsyncGenerator<IdRange, void, void> {
  const { after, kind, pageSize } = walk;
  const plan = new RangePlan(after, pageSize);
  const limit = new PageLimit(IDS, LIMIT_MIN);
  const list = { path: kind.path, fields: ["id"], after, limit };
  for await (const { rows } of oneAhead(listRows(session, list))) {
    yield* plan.take(rows.flatMap((row) => rowId(row) ?? []));
  }
  yield plan.end();
}

type Reading = {
  readonly walk: Walk;
  readonly range: IdRange;
  readonly rowsOf: (range: Omit<IdRange, "rows">) => AsyncGenerator<NetboxPage>;
};

/** Of a range without an end only the first page: what came behind it meanwhile may be anything. */
async function readRange(session: NetboxSession, of: Reading): Promise<WalkedPage> {
  const { walk, range } = of;
  const rows: unknown[] = [];
  let at = { lastId: range.after, isLast: false };
  for await (const page of of.rowsOf(range)) {
    rows.push(...page.rows);
    at = page;
    if (range.upTo === undefined) break;
  }
  // Not of the whole list alone: a range that came empty would hide among many that did not.
  const isWhole = range.upTo !== undefined || at.isLast;
  if (isWhole && isShort(rows.length, range.rows)) throw shortRange(walk, range, rows.length);
  const page = await mapPage(session, walk.kind, rows);
  const { lastId, isLast } = at;
  const end = range.upTo === undefined ? { lastId, isLast } : { lastId: range.upTo, isLast: false };
  return { page, rows: rows.length, ...end };
}

function shortRange({ kind }: Walk, { after, upTo, rows }: IdRange, read: number): SyncError {
  const which = `behind id ${after}${upTo === undefined ? "" : ` up to ${upTo}`}`;
  const why = `${kind.path} listed ${rows} ids ${which} and gave ${read} rows`;
  return new SyncError("truncated", why, { retry: "transient" });
}
