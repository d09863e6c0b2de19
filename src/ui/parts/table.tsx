import { ArrowDown, ArrowUp } from "lucide-react";
import type { ReactNode } from "react";

import { nextSort, type Column, type Sort } from "./column.ts";
import { titleCutUnder } from "./title-cut-under.ts";

type TableProps<Row> = {
  /** What the table lists, for who cannot see where it stands. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** A word and some numbers, for which a phone is wide enough: rows stay rows. */
  readonly isNarrow?: boolean;
};

/** A table of few rows, all of them drawn. */
export function Table<Row>({
  caption,
  columns,
  rows,
  rowKey,
  isNarrow = false,
}: TableProps<Row>): ReactNode {
  return (
    <div
      className="table-scroll"
      tabIndex={0}
      role="group"
      aria-label={caption}
      onPointerOver={titleCutUnder}
    >
      <table className={isNarrow ? "narrow" : "cards-when-narrow"}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <HeadCell key={column.id} column={column} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map(({ id, title, isNumber, cell }) => (
                <td
                  key={id}
                  className={isNumber === true ? "number" : undefined}
                  data-title={id === "act" ? "" : title}
                >
                  <div>{cell(row)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

type HeadCellProps<Row> = {
  readonly column: Column<Row>;
  readonly sort?: Sort | undefined;
  readonly onSort?: ((sort: Sort | undefined) => void) | undefined;
};

/** The head of a column; a button where rows can be sorted by it. */
export function HeadCell<Row>({ column, sort, onSort }: HeadCellProps<Row>): ReactNode {
  const { title, isNumber, sortBy, width } = column;
  const isSorted = sortBy !== undefined && sort?.by === sortBy;
  const Arrow = isSorted && sort.isDescending ? ArrowDown : ArrowUp;
  const direction = isSorted ? (sort.isDescending ? "descending" : "ascending") : undefined;
  return (
    <th
      scope="col"
      className={isNumber === true ? "number" : undefined}
      style={width === undefined ? undefined : { width }}
      aria-sort={direction}
    >
      {column.id === "act" ? (
        // What buttons do stands on them.
        <span className="visually-hidden">{title}</span>
      ) : sortBy === undefined || onSort === undefined ? (
        title
      ) : (
        <button
          type="button"
          className="sort-button"
          onClick={() => onSort(nextSort(sort, sortBy))}
        >
          {title}
          <Arrow size={12} aria-hidden />
        </button>
      )}
    </th>
  );
}
