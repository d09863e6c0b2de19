import { Split } from "lucide-react";
import { useState, type ReactNode } from "react";

import { deviceAct } from "../../calls/device-acts.ts";
import type { DeviceDetail } from "../../calls/devices.ts";
import { useRefusal } from "../../calls/session.ts";
import { Button } from "../../parts/button.tsx";
import type { Column } from "../../parts/column.ts";
import { Panel } from "../../parts/panel.tsx";
import { StatusBadge } from "../../parts/status-badge.tsx";
import { Table } from "../../parts/table.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import { ActDialog } from "./act-dialog.tsx";
import { recordName } from "./outcome-words.ts";
import { SourceBadge } from "./source-badge.tsx";

type RecordRow = DeviceDetail["evidence"][number];
type DeviceRecordsProps = {
  readonly tenant: string;
  readonly device: DeviceDetail;
  readonly colours: ReadonlyMap<string, number>;
};

const recordColumns = (colours: ReadonlyMap<string, number>): readonly Column<RecordRow>[] => [
  {
    id: "source",
    title: "Source",
    cell: ({ source }) => <SourceBadge source={source} colours={colours} />,
  },
  {
    id: "record",
    title: "Record",
    cell: ({ native_id: native, kind }) => (
      <span className="cell-lines">
        <span className="name wrap-anywhere">{native}</span>
        <span className="sub">{kind}</span>
      </span>
    ),
  },
  { id: "state", title: "State", cell: (row) => <RecordState row={row} /> },
  {
    id: "first",
    title: "First seen",
    cell: ({ first_seen: at }) => <TimeAgo at={at} />,
  },
  {
    id: "last",
    title: "Last seen",
    cell: ({ last_seen: at }) => <TimeAgo at={at} />,
  },
  { id: "payload", title: "As sent", cell: (row) => <Payload row={row} /> },
];

/** The records that make it, each with what its source sent; one that does not belong there can be split off. */
export function DeviceRecords({ tenant, device, colours }: DeviceRecordsProps): ReactNode {
  const [split, setSplit] = useState<RecordRow | undefined>(undefined);
  const refusal = useRefusal(tenant, "operator");
  const own = device.evidence.filter(({ is_former: isFormer }) => !isFormer).length;
  return (
    <Panel title="Records" padded={false}>
      <Table
        caption="Records"
        columns={[
          ...recordColumns(colours),
          {
            id: "act",
            title: "Act",
            isNumber: true,
            cell: (row: RecordRow) =>
              row.is_former || own < 2 ? null : (
                <Button refusal={refusal} onClick={() => setSplit(row)}>
                  <Split size={14} aria-hidden />
                  Split off
                </Button>
              ),
          },
        ]}
        rows={device.evidence}
        rowKey={({ record_no: no, last_seen: at }) => `${no} ${at}`}
      />
      {device.evidence_left_off > 0 && (
        <div className="table-foot">and {device.evidence_left_off} more records</div>
      )}
      <ActDialog
        key={split?.record_no}
        tenant={tenant}
        title={split === undefined ? "Split" : `Split ${recordName(split)} off`}
        about="It and the rest of the device are then never one, until the decision is taken back."
        verb="Split off"
        act={
          split === undefined
            ? undefined
            : deviceAct(device.id, "unmerge", { record_no: split.record_no })
        }
        isOpen={split !== undefined}
        onClose={() => setSplit(undefined)}
      />
    </Panel>
  );
}

function RecordState({ row }: { readonly row: RecordRow }): ReactNode {
  if (row.is_former) return <StatusBadge tone="idle">Former</StatusBadge>;
  if (row.retracted_at !== undefined) return <StatusBadge tone="warn">Withdrawn</StatusBadge>;
  const { missed_runs: missed } = row;
  if (missed > 0) {
    return (
      <StatusBadge tone="warn">
        Missed by {missed} run{missed === 1 ? "" : "s"}
      </StatusBadge>
    );
  }
  return <StatusBadge tone="good">Listed</StatusBadge>;
}

const INDENT = 2;

function Payload({ row: { payload } }: { readonly row: RecordRow }): ReactNode {
  if (payload === undefined) return <span className="muted">–</span>;
  return (
    <details className="payload">
      <summary>Show</summary>
      <pre tabIndex={0}>{JSON.stringify(payload, undefined, INDENT)}</pre>
    </details>
  );
}
