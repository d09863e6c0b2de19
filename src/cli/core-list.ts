/** Commands that show a list: some rows of it, or all, page by page. */
import { PAGE_MAX } from "../api/page.ts";
import { integer, optional, type Values } from "./args.ts";
import { apiPath, pagesOf, type Page, type Query } from "./core-pages.ts";
import type { Session, TenantSession } from "./core-session.ts";
import { tableLines, type Column } from "./table.ts";

/** Flags of a list that is shown whole unless they say how much of it; one that is shown by the screenful has those of core-paging.ts. */
export const WHOLE_FLAGS = {
  limit: integer("N", "how many (default: all)", { min: 1, max: PAGE_MAX }),
  after: optional("CURSOR", "go on where the page before ended"),
};

/** The same for a list in which a text can be looked for. */
export const LIST_FLAGS = {
  find: optional("TEXT", "only those that hold this text in their names"),
  ...WHOLE_FLAGS,
};

type Wanted = Partial<Values<typeof LIST_FLAGS>>;

/** What a list is shown by. */
export interface ShownList<Name extends string, Row> {
  /** Path in the API, behind its version. */
  readonly path: readonly string[];
  /** Member of the answer that holds the rows. */
  readonly name: Name;
  readonly columns: readonly Column<Row>[];
  /** What is said where there is no row. */
  readonly none: string;
  /** Further members of the query. */
  readonly filter?: Query;
}

/**
 * Shows a list: a page of it where `--limit` or `--after` say so, else all of it, each page as it comes. As JSON it is one document in
 * any case.
 */
export async function showList<Name extends string, Row>(
  session: Session | TenantSession,
  { path, name, columns, none, filter }: ShownList<Name, Row>,
  { find, limit, after }: Wanted,
): Promise<void> {
  type Body = Page & Readonly<Record<Name, readonly Row[]>>;
  const query = { ...filter, q: find };
  if (limit !== undefined || after !== undefined) {
    const wanted = apiPath(path, { ...query, limit, after });
    const body = await session.ask<Body>({ method: "GET", path: wanted });
    session.show(body, () => [
      ...(body[name].length === 0 ? [none] : tableLines(columns, body[name])),
      ...(body.next === undefined ? [] : ["", `More: --after ${body.next}`]),
    ]);
    return;
  }
  const pages = pagesOf<Body>(session, path, query);
  if (session.isJson) {
    session.show(await joined(pages, name), () => []);
    return;
  }
  let shown = 0;
  for await (const page of pages) {
    const rows = page[name];
    if (rows.length > 0) {
      const table = tableLines(columns, rows);
      session.show(page, () => (shown === 0 ? table : table.slice(1)));
    }
    shown += rows.length;
  }
  if (shown === 0) session.show({}, () => [none]);
}

/** All pages as one; what else an answer says, the first one says for all. */
async function joined<Name extends string, Row>(
  pages: AsyncIterable<Page & Readonly<Record<Name, readonly Row[]>>>,
  name: Name,
): Promise<object> {
  const rows: Row[] = [];
  let first: object | undefined;
  for await (const { next: _, ...page } of pages) {
    first ??= page;
    rows.push(...(page as unknown as Readonly<Record<Name, readonly Row[]>>)[name]);
  }
  return { ...first, [name]: rows };
}
