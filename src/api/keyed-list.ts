/**
 * Lists in the order of a key that no two rows share (an id, a name, a number): each page goes on behind the key where the one before
 * ended, so rows that come or go meanwhile move none over a page's edge, and the thousandth page costs what the first one does.
 */
import { z } from "@hono/zod-openapi";

import { unstorable } from "../lib/json-text.ts";
import { pageQuery } from "./contract.ts";
import { Problem } from "./errors.ts";
import { pageWithNext } from "./routes.ts";

/** Longest text that is looked for in a list, characters. */
const FOUND_CHARS_MAX = 200;

/** Query of a list in which a text can be looked for. */
export const foundQuery = pageQuery.extend({
  q: z.string().max(FOUND_CHARS_MAX).optional().openapi({
    description: "Only those that hold this text in their names, whatever its case",
  }),
});

/** Longest list of ids, characters: those of a page of sources. */
const IDS_CHARS_MAX = 8_192;

/** Ids of agents in a list's query. */
export const agentIdsSchema = z.string().max(IDS_CHARS_MAX).optional().openapi({
  description: "Only of these agents, by their whole ids with commas between them",
});

type Part = string | number;

/** How a list is in order. */
export interface KeyedList<Row, Key extends readonly Part[]> {
  /** Begins its cursors, so that one of another list is told from them. */
  readonly letter: string;
  /** Of what kind the parts of a key are, the first one of an order first. */
  readonly kinds: { readonly [At in keyof Key]: Key[At] extends string ? "text" : "number" };
  readonly keyOf: (row: Row) => Key;
}

/**
 * One page of a list, and the cursor of the next one if there is one. `read` gives the rows behind a key, at most as many as it is told.
 * Throws `invalid_request` for a cursor that no page of this list gave.
 */
export async function keyedPage<Row, Key extends readonly Part[]>(
  list: KeyedList<Row, Key>,
  { limit, after }: z.infer<typeof pageQuery>,
  read: (slice: {
    readonly after: Key | undefined;
    readonly limit: number;
  }) => Promise<readonly Row[]>,
): Promise<{ readonly rows: readonly Row[]; readonly next: string | undefined }> {
  const found = await read({ after: readKey(list, after), limit: limit + 1 });
  return pageWithNext(found, limit, (row) => {
    const json = JSON.stringify(list.keyOf(row));
    return list.letter + Buffer.from(json).toString("base64url");
  });
}

function readKey<Row, Key extends readonly Part[]>(
  { letter, kinds }: KeyedList<Row, Key>,
  cursor: string | undefined,
): Key | undefined {
  if (cursor === undefined) return undefined;
  const parts = cursor.startsWith(letter) ? partsOf(cursor.slice(letter.length)) : [];
  const isKey =
    parts.length === kinds.length && kinds.every((kind, at) => isOfKind(parts[at], kind));
  if (isKey) return parts as unknown as Key;
  throw new Problem("invalid_request", `after: "${cursor}" is not the \`next\` of such a list`);
}

function partsOf(text: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}

function isOfKind(part: unknown, kind: unknown): boolean {
  if (kind === "number") return Number.isSafeInteger(part);
  return typeof part === "string" && unstorable(part) === undefined;
}
