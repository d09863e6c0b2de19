/** Aligned text for people. Everything passes `plain`, since names of devices come from outside and may hold terminal codes. */

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  /** Undefined and "" are shown as a dash. */
  readonly text: (row: Row) => string | undefined;
  /** Numbers stand at the right. */
  readonly isNumber?: boolean;
  /** Longer texts are cut, characters; absent: shown whole. */
  readonly maxChars?: number;
}

const GAP = "  ";
const NOTHING = "-";

/** The text without control characters, which a terminal would obey. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\uFFFD");
}

/** The lines of a table: a line of titles, then one a row; columns are as wide as what stands in them. */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): readonly string[] {
  const cells = rows.map((row) => columns.map((column) => cellOf(column, row)));
  const lines = [columns.map(({ title }) => title), ...cells];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => (line[at] ?? "").length)));
  return lines.map((line) =>
    line
      .map((cell, at) =>
        columns[at]?.isNumber === true
          ? cell.padStart(widths[at] ?? 0)
          : cell.padEnd(widths[at] ?? 0),
      )
      .join(GAP)
      .trimEnd(),
  );
}

function cellOf<Row>({ text, maxChars }: Column<Row>, row: Row): string {
  const cell = plain(text(row) ?? "");
  if (cell === "") return NOTHING;
  return maxChars === undefined || cell.length <= maxChars
    ? cell
    : `${cell.slice(0, maxChars - 1)}…`;
}

/** Names and values one below the other; those without a value are left out. */
export function pairLines(
  pairs: readonly (readonly [string, string | undefined])[],
): readonly string[] {
  const shown = pairs.filter(([, value]) => value !== undefined && value !== "");
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}${GAP}${plain(value ?? "")}`);
}

/** A part of a longer text: an empty line, its title, and its lines a little to the right. */
export function sectionLines(title: string, lines: readonly string[]): readonly string[] {
  return ["", title, ...lines.map((line) => `  ${line}`)];
}
