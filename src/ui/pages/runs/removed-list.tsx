import type { ReactNode } from "react";

import { removedPageQuery, type RemovedRecord } from "../../calls/undo.ts";
import type { Column } from "../../parts/column.ts";
import { PagedList } from "../../parts/paged-list.tsx";
import { Table } from "../../parts/table.tsx";

type RemovedListProps = { readonly tenant: string; readonly run: number };

/** The records that undoing a run would remove, a page at a time. */
export function RemovedList({ tenant, run }: RemovedListProps): ReactNode {
  return (
    <PagedList
      title="Records that go"
      pageQuery={(wanted) => removedPageQuery(tenant, run, wanted)}
      empty={<p className="panel-body muted">None goes any more.</p>}
    >
      {(rows) => (
        <Table
          caption="Records that go"
          columns={COLUMNS}
          rows={rows}
          rowKey={({ record_no: no }) => String(no)}
        />
      )}
    </PagedList>
  );
}

const COLUMNS: readonly Column<RemovedRecord>[] = [
  {
    id: "record",
    title: "Record",
    cell: ({ kind, native }) => (
      <span className="wrap-anywhere">
        {kind} {native}
      </span>
    ),
  },
  {
    id: "device",
    title: "Device",
    cell: ({ device_id: id, hostname }) => (
      <span className="wrap-anywhere">{hostname ?? id ?? <span className="muted">none</span>}</span>
    ),
  },
  {
    id: "fate",
    title: "The device",
    cell: ({ is_last: isLast }) => (isLast ? "goes too" : <span className="muted">stays</span>),
  },
];
