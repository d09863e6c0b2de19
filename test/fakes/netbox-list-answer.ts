import { since, type Json, type Shape } from "./netbox-shapes.ts";
import type { Table } from "./netbox-tables.ts";

/** How a server pages. */
export interface Paging {
  readonly shape: Shape;
  /** MAX_PAGE_SIZE: a larger limit is cut to it without a word. */
  readonly maxPageSize: number;
  /** Query names that this server does not know, and so ignores, as NetBox does any unknown name. */
  readonly ignored?: ReadonlySet<string>;
  /** Where links to other pages lead. */
  readonly linkOrigin: string;
  /** The next link of the `start` cursor names the page just read. */
  readonly repeatsCursor?: boolean;
  /** Every page says that it is the last. */
  readonly losesNext?: boolean;
}

/** A request for a list. */
export interface ListRequest {
  readonly table: Table;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly paging: Paging;
}

/** What the server says: a page of the list, or a refusal. */
export type ListAnswer =
  | { readonly status: 200; readonly body: Json; readonly rows: number }
  | { readonly status: 400; readonly body: unknown };

/** PAGINATE_COUNT, also for a limit that is no number. */
const LIMIT_DEFAULT = 50;

/** Answers a list as NetBox does. */
export function listAnswer(request: ListRequest): ListAnswer {
  const refusal = refusedId(request) ?? refusedStart(request);
  if (refusal !== undefined) return { status: 400, body: refusal };
  const { table, paging } = request;
  const after = afterOf(request);
  const upTo = upToOf(request);
  const selected = selectedIds(request)?.filter((id) => id > after && id <= upTo);
  const isAscending = hasStart(request) || valuesOf(request, "ordering").includes("id");
  const ids = selected ?? takeUpTo(table.ids(after), upTo);
  const { limit, offset } = windowOf(request);
  const window = isAscending
    ? take(ids, offset, limit)
    : take([...ids].toReversed(), offset, limit);
  const count = selected?.length ?? table.count(after) - table.count(Math.max(after, upTo));
  const results = window.map((id) => shaped(table.row(id), request));
  const isLast = offset + window.length >= count || paging.losesNext === true;
  const last = window.at(-1) ?? 0;
  const body = hasStart(request)
    ? {
        count: null,
        next: window.length < limit ? null : link(request, { start: last + 1, limit }),
        previous: null,
        results,
      }
    : {
        count,
        next: isLast ? null : link(request, { offset: offset + window.length, limit }),
        previous: null,
        results,
      };
  return { status: 200, body, rows: window.length };
}

function valuesOf({ query, paging }: ListRequest, name: string): readonly string[] {
  return paging.ignored?.has(name) === true ? [] : query.getAll(name);
}

/** Known from 4.6 on; before, it is one more unknown name. */
function hasStart(request: ListRequest): boolean {
  return since(request.paging.shape.version, "4.6") && valuesOf(request, "start").length > 0;
}

function refusedStart(request: ListRequest): unknown {
  if (!hasStart(request)) return undefined;
  if (!/^\d+$/.test(valuesOf(request, "start")[0] ?? "")) return ["Invalid start parameter."];
  const other = ["offset", "ordering"].find((name) => request.query.has(name));
  return other === undefined ? undefined : [`start cannot be combined with ${other}.`];
}

/** A filter by an object that does not exist is refused, with the first such id. */
function refusedId(request: ListRequest): unknown {
  for (const [name, filter] of Object.entries(request.table.filters)) {
    const gone = valuesOf(request, name).find(
      (id) => filter.isStrict && !filter.exists(Number(id)),
    );
    if (gone === undefined) continue;
    return { [name]: [`Select a valid choice. ${gone} is not one of the available choices.`] };
  }
  return undefined;
}

function afterOf(request: ListRequest): number {
  if (hasStart(request)) return Number(valuesOf(request, "start")[0]) - 1;
  return Math.max(0, ...valuesOf(request, "id__gt").map(Number));
}

function upToOf(request: ListRequest): number {
  return Math.min(Number.MAX_SAFE_INTEGER, ...valuesOf(request, "id__lte").map(Number));
}

function* takeUpTo(ids: Iterable<number>, upTo: number): Generator<number> {
  for (const id of ids) {
    if (id > upTo) return;
    yield id;
  }
}

/** Ids that all filters let through; undefined where there is none. */
function selectedIds(request: ListRequest): readonly number[] | undefined {
  const { table } = request;
  const filtered = filteredIds(request);
  const [time] = valuesOf(request, table.sinceFilter);
  if (time === undefined) return filtered;
  const ids = filtered ?? [...table.ids(0)];
  return ids.filter((id) => table.changedMs(id) >= Date.parse(time));
}

function filteredIds(request: ListRequest): readonly number[] | undefined {
  const filters = Object.entries(request.table.filters).filter(
    ([name]) => valuesOf(request, name).length > 0,
  );
  if (filters.length === 0) return undefined;
  const ids = filters.flatMap(([name, filter]) =>
    valuesOf(request, name).flatMap((id) => filter.rowIds(Number(id))),
  );
  return [...new Set(ids)].toSorted((a, b) => a - b);
}

function windowOf(request: ListRequest): { readonly limit: number; readonly offset: number } {
  const { maxPageSize } = request.paging;
  const text = request.query.get("limit") ?? "";
  const asked = /^\d+$/.test(text) ? Number(text) : LIMIT_DEFAULT;
  return {
    limit: Math.min(asked === 0 ? maxPageSize : asked, maxPageSize),
    offset: hasStart(request) ? 0 : Number(valuesOf(request, "offset")[0] ?? 0),
  };
}

function take(ids: Iterable<number>, offset: number, limit: number): readonly number[] {
  return Iterator.from(ids).drop(offset).take(limit).toArray();
}

function link(request: ListRequest, at: Readonly<Record<string, number>>): string {
  const { path, query, paging } = request;
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(at)) {
    const repeats = name === "start" && paging.repeatsCursor === true;
    next.set(name, repeats ? (query.get(name) ?? "") : String(value));
  }
  return `${paging.linkOrigin}/api/${path}/?${next.toString()}`;
}

/** The row as `fields`, `omit`, `brief` and `exclude` leave it; each means something since another version. */
function shaped(row: Json, request: ListRequest): Json {
  const { version } = request.paging.shape;
  const listed = (name: string): readonly string[] =>
    valuesOf(request, name)
      .flatMap((value) => value.split(","))
      .filter((field) => field !== "");
  const fields = since(version, "4.1") ? listed("fields") : [];
  const brief =
    valuesOf(request, "brief").length > 0 ? ["id", "url", "display", "name", "description"] : [];
  const kept = fields.length > 0 ? fields : brief;
  const omitted = new Set(since(version, "4.5") ? listed("omit") : []);
  const hidesContext = listed("exclude").includes("config_context");
  if (hidesContext && !since(version, "4.7")) omitted.add("config_context");
  const entries = Object.entries(row).filter(
    ([name]) => (kept.length === 0 || kept.includes(name)) && !omitted.has(name),
  );
  return Object.fromEntries(entries);
}
