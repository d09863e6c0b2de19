import { useVirtualizer } from "@tanstack/react-virtual";
import {
  memo,
  useEffect,
  useLayoutEffect,
  useRef,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
} from "react";

import type { Column, Sort } from "./column.ts";
import { HeadCell } from "./table.tsx";
import { titleCutUnder } from "./title-cut-under.ts";

type VirtualTableProps<Row> = {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  /** Rows that the list has room for; not all of them need be read. */
  readonly count: number;
  /** The row there, or undefined while it is read. */
  readonly rowAt: (index: number) => Row | undefined;
  readonly sort?: Sort | undefined;
  readonly onSort?: (sort: Sort | undefined) => void;
  /** The first two columns stay while the others are scrolled sideways. */
  readonly isPinned?: boolean;
  /** Tells which rows are seen. */
  readonly onSeen: (first: number, last: number) => void;
  /** Rows that came to stand above those that were there at first: what is seen stays where it is. */
  readonly rowsAbove?: number;
  /** Rows in all, for screen readers; absent while it is not known. */
  readonly total?: number | undefined;
  /** The list is entered at its last row, not at its first. */
  readonly isFromEnd?: boolean;
  /** Whether keys scroll it from the beginning: a key led to it. */
  readonly isFocused?: boolean;
  /** Leads to an end of the list that the rows that there is room for do not reach; absent where they do. */
  readonly onHome?: (() => void) | undefined;
  readonly onEnd?: (() => void) | undefined;
  /** The list was entered within: nobody knows how many rows stand above, so none is given a number. */
  readonly isWithin?: boolean;
  readonly foot?: ReactNode;
};

/** Rows drawn beside those that are seen, so that scrolling shows no holes. */
const OVERSCAN = 12;
const COMPACT_ROW_PX = 28;
const ROW_PX = 34;
/** Of a column that does not say its width, px. */
const WIDTH_PX = 160;

/** A table of any length: only the rows that are seen are drawn, in a real table. */
export function VirtualTable<Row>(props: VirtualTableProps<Row>): ReactNode {
  const { caption, columns, count, rowAt, sort, onSort, onSeen, total, foot } = props;
  const { rowsAbove = 0 } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: rowHeight,
    overscan: OVERSCAN,
    initialOffset: () => (props.isFromEnd === true ? count * rowHeight() : 0),
  });
  const placed = useRef(rowsAbove);
  useLayoutEffect(() => {
    const came = rowsAbove - placed.current;
    placed.current = rowsAbove;
    if (came !== 0) virtual.scrollToOffset((virtual.scrollOffset ?? 0) + came * rowHeight());
  }, [rowsAbove, virtual]);
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => onSeen(first, last), [onSeen, first, last]);
  const { isFocused = false } = props;
  useEffect(() => {
    if (isFocused) scroller.current?.focus({ preventScroll: true });
  }, [isFocused]);
  // Told and not found out from what happens to be drawn: columns would else change as rows come and go.
  const width = columns.reduce((sum, column) => sum + (column.width ?? WIDTH_PX), 0);
  const above = items[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <div className={`panel virtual fills${props.isPinned === true ? " pins" : ""}`}>
      <Scroller of={scroller} caption={caption} onHome={props.onHome} onEnd={props.onEnd}>
        <table
          aria-rowcount={total === undefined || props.isWithin === true ? -1 : total + 1}
          style={{ width }}
        >
          <caption className="visually-hidden">{caption}</caption>
          <thead>
            <tr aria-rowindex={1}>
              {columns.map((column) => (
                <HeadCell
                  key={column.id}
                  column={{ ...column, width: column.width ?? WIDTH_PX }}
                  sort={sort}
                  onSort={onSort}
                />
              ))}
            </tr>
          </thead>
          <tbody>
            <Gap height={above} columns={columns.length} />
            {items.map(({ key, index, size }) => (
              <VirtualRow
                key={key}
                row={rowAt(index)}
                columns={columns}
                height={size}
                no={props.isWithin === true ? undefined : index + 2}
              />
            ))}
            <Gap height={below} columns={columns.length} />
          </tbody>
        </table>
      </Scroller>
      {foot !== undefined && <div className="table-foot">{foot}</div>}
    </div>
  );
}

function rowHeight(): number {
  return document.documentElement.dataset["density"] === "compact" ? COMPACT_ROW_PX : ROW_PX;
}

type ScrollerProps = {
  readonly of: RefObject<HTMLDivElement | null>;
  readonly caption: string;
  readonly onHome: (() => void) | undefined;
  readonly onEnd: (() => void) | undefined;
  readonly children: ReactNode;
};

/** Focusable, so that arrow and page keys scroll it. */
function Scroller({ of, caption, onHome, onEnd, children }: ScrollerProps): ReactNode {
  const onKeyDown = (event: KeyboardEvent): void => {
    const go = { Home: onHome, End: onEnd }[event.key];
    // Another modifier means something else, and a field in a cell has ends of its own.
    if (go === undefined || event.altKey || event.shiftKey || isField(event.target)) return;
    event.preventDefault();
    go();
  };
  return (
    <div
      ref={of}
      className="table-scroll"
      tabIndex={0}
      role="group"
      aria-label={caption}
      onKeyDown={onKeyDown}
      onPointerOver={titleCutUnder}
    >
      {children}
    </div>
  );
}

function Gap({
  height,
  columns,
}: {
  readonly height: number;
  readonly columns: number;
}): ReactNode {
  if (height <= 0) return null;
  return (
    <tr className="gap" aria-hidden>
      <td colSpan={columns} style={{ height }} />
    </tr>
  );
}

function isField(target: EventTarget): boolean {
  return target instanceof HTMLInputElement && target.type !== "checkbox";
}

type VirtualRowProps<Row> = {
  /** Undefined while it is read. */
  readonly row: Row | undefined;
  readonly columns: readonly Column<Row>[];
  readonly height: number;
  /** Which row of the table it is, for screen readers; undefined where nobody knows. */
  readonly no: number | undefined;
};

function DrawnRow<Row>({ row, columns, height, no }: VirtualRowProps<Row>): ReactNode {
  return (
    <tr aria-rowindex={no} style={{ height }}>
      {columns.map(({ id, isNumber, cell }) => (
        <td key={id} className={isNumber === true ? "number" : undefined}>
          {row === undefined ? <span className="skeleton w-60" /> : cell(row)}
        </td>
      ))}
    </tr>
  );
}

/** While the list is scrolled only rows that come are drawn: most were there the frame before. */
const VirtualRow = memo(DrawnRow) as typeof DrawnRow;
