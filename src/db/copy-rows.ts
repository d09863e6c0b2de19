/**
 * Rows of one tenant by COPY, for those that are new for sure: half the CPU of an insert from arrays, at the server and here, where an
 * array is put together as one text before anything is sent.
 */
import { invariant } from "../lib/invariant.ts";
import type { Tx } from "./tx.ts";

/** A column's value: text and numbers as they are written, null where there is none. */
type CopyValue = string | number | null;

/** Characters that are sent at a time. */
const PIECE_CHARS = 65_536;

/** Writes rows, each its values in the order of the columns, of which the tenant is none. A row that is there already fails the transaction. */
export async function copyRows(
  tx: Tx,
  tenant: number,
  {
    into,
    columns,
    rows,
  }: {
    readonly into: string;
    readonly columns: readonly string[];
    readonly rows: Iterable<readonly CopyValue[]>;
  },
): Promise<void> {
  // A transaction of a tenant has said so already, and must have said the same; in others the column's default would find none.
  const { count } = await tx.query(
    `select set_config('sync.tenant', $1, true)
      where coalesce(nullif(current_setting('sync.tenant', true), ''), $1) = $1`,
    [String(tenant)],
  );
  invariant(count === 1, `rows of tenant ${tenant} in a transaction of another`);
  await tx.copyFrom(`copy ${into} (${columns.join(", ")}) from stdin`, pieces(rows));
}

// oxlint-disable-next-line require-await -- a copy reads asynchronously, and these rows are there already
async function* pieces(rows: Iterable<readonly CopyValue[]>): AsyncGenerator<string> {
  let piece = "";
  for (const row of rows) {
    piece += `${row.map(copyText).join("\t")}\n`;
    if (piece.length < PIECE_CHARS) continue;
    yield piece;
    piece = "";
  }
  if (piece !== "") yield piece;
}

const ESCAPED = /[\\\n\r\t]/g;
const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function copyText(value: CopyValue): string {
  if (value === null) return "\\N";
  if (typeof value === "number") return String(value);
  return value.replace(ESCAPED, (found) => ESCAPES[found] ?? found);
}
