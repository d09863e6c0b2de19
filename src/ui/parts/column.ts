import type { ReactNode } from "react";

/** One column of a table. */
export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** What the server sorts by; absent where it cannot. */
  readonly sortBy?: string;
  readonly isNumber?: boolean;
  /** px, in a table whose columns stand. */
  readonly width?: number;
  /** Shown until the reader chooses otherwise. */
  readonly isDefault?: boolean;
}

/** By which field rows are sorted. */
export interface Sort {
  readonly by: string;
  readonly isDescending: boolean;
}

/** What a click on a column's head leads to: ascending, descending, as the server likes. */
export function nextSort(sort: Sort | undefined, by: string): Sort | undefined {
  if (sort?.by !== by) return { by, isDescending: false };
  return sort.isDescending ? undefined : { by, isDescending: true };
}

/** "hostname:desc" for the URL and the query. */
export function sortText({ by, isDescending }: Sort): string {
  return `${by}:${isDescending ? "desc" : "asc"}`;
}

/** Reads it again; undefined for anything else. */
export function readSort(text: string | undefined): Sort | undefined {
  const [, by, direction] = /^([\w.]+):(asc|desc)$/.exec(text ?? "") ?? [];
  return by === undefined ? undefined : { by, isDescending: direction === "desc" };
}

/** The columns that are shown, in the order chosen: those named, else the default ones. Unknown names are left out. */
export function shownColumns<Row>(
  columns: readonly Column<Row>[],
  chosen: readonly string[] | undefined,
): readonly Column<Row>[] {
  const named = (chosen ?? []).flatMap((id) => columns.find((column) => column.id === id) ?? []);
  return named.length > 0 ? named : columns.filter(({ isDefault = true }) => isDefault);
}
