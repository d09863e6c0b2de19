import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { runChangesQuery, type ChangedRecord, type RunDetail } from "../../calls/runs.ts";
import type { Column } from "../../parts/column.ts";
import { PagedList } from "../../parts/paged-list.tsx";
import { Table } from "../../parts/table.tsx";
import { told } from "../told.ts";

type ChangedPanelProps = { readonly tenant: string; readonly run: RunDetail };

/** The records that the run changed, field by field. */
export function ChangedPanel({ tenant, run }: ChangedPanelProps): ReactNode {
  return (
    <PagedList
      title="Changed rows"
      pageQuery={(wanted) => runChangesQuery(tenant, run.run_no, wanted)}
      empty={
        <p className="panel-body muted">
          What they said before is not kept any more (Retention, journal_days).
        </p>
      }
    >
      {(rows) => (
        <Table
          caption="Changed rows"
          columns={columnsOf(tenant)}
          rows={rows}
          rowKey={({ record_no: no }) => String(no)}
        />
      )}
    </PagedList>
  );
}

function columnsOf(tenant: string): readonly Column<ChangedRecord>[] {
  return [
    {
      id: "device",
      title: "Device",
      cell: (row) => <ChangedDevice tenant={tenant} row={row} />,
    },
    {
      id: "record",
      title: "Record",
      cell: ({ kind, native }) => (
        <span className="wrap-anywhere">
          {kind} {native}
        </span>
      ),
    },
    { id: "fields", title: "What changed", cell: (row) => <Fields of={row} /> },
  ];
}

type ChangedDeviceProps = { readonly tenant: string; readonly row: ChangedRecord };

function ChangedDevice({ tenant, row }: ChangedDeviceProps): ReactNode {
  const { device_id: device, hostname } = row;
  if (device === undefined) return <span className="muted">none now</span>;
  return (
    <Link to="/t/$tenant/devices/$device" params={{ tenant, device }} className="name">
      {hostname ?? device}
    </Link>
  );
}

function Fields({ of: { fields, is_changed_since: isSince } }: { readonly of: ChangedRecord }) {
  return (
    <ul className="cell-lines">
      {fields.map(({ field, before, after }) => (
        <li key={field} className="wrap-anywhere">
          {field}: <span className="muted">{told(before)}</span> → {told(after)}
        </li>
      ))}
      {fields.length === 0 && <li className="muted">as it was before by now</li>}
      {isSince && <li className="sub">changed again since: this is how it stands now</li>}
    </ul>
  );
}
