import { Lock, LockOpen } from "lucide-react";
import { useState, type ReactNode } from "react";

import type { DeviceDetail } from "../../calls/devices.ts";
import { useRefusal } from "../../calls/session.ts";
import { Button, IconButton } from "../../parts/button.tsx";
import { Panel } from "../../parts/panel.tsx";
import { StatusBadge } from "../../parts/status-badge.tsx";
import { Table } from "../../parts/table.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import { fieldTitle } from "./field-words.ts";
import { LockDialog, UnlockDialog } from "./lock-dialog.tsx";
import { SourceBadge } from "./source-badge.tsx";

type FieldRow = DeviceDetail["fields"][number];
type DeviceFieldsProps = {
  readonly tenant: string;
  readonly device: DeviceDetail;
  readonly colours: ReadonlyMap<string, number>;
};

/** Each field with the value that stands, who says it, and what others say. */
export function DeviceFields({ tenant, device, colours }: DeviceFieldsProps): ReactNode {
  const refusal = useRefusal(tenant, "operator");
  const [locking, setLocking] = useState<string | undefined>(undefined);
  const [unlocking, setUnlocking] = useState<string | undefined>(undefined);
  return (
    <Panel
      title="Values"
      padded={false}
      acts={
        <Button refusal={refusal} onClick={() => setLocking("hostname")}>
          <Lock size={14} aria-hidden />
          Set a value
        </Button>
      }
    >
      <Table
        caption="Values"
        columns={[
          { id: "field", title: "Field", cell: ({ field }: FieldRow) => fieldTitle(field) },
          { id: "value", title: "Value", cell: (row: FieldRow) => <Value row={row} /> },
          {
            id: "source",
            title: "Said by",
            cell: (row: FieldRow) => <SaidBy row={row} colours={colours} />,
          },
          {
            id: "losers",
            title: "What others say",
            cell: (row: FieldRow) => <Losers row={row} colours={colours} />,
          },
          {
            id: "act",
            title: "Act",
            isNumber: true,
            cell: (row: FieldRow) => (
              <LockButton
                row={row}
                refusal={refusal}
                onLock={() => setLocking(row.field)}
                onUnlock={() => setUnlocking(row.field)}
              />
            ),
          },
        ]}
        rows={device.fields}
        rowKey={({ field }) => field}
      />
      <LockDialog
        key={`lock ${locking}`}
        tenant={tenant}
        device={device}
        field={locking}
        onClose={() => setLocking(undefined)}
      />
      <UnlockDialog
        key={`unlock ${unlocking}`}
        tenant={tenant}
        device={device.id}
        field={unlocking}
        onClose={() => setUnlocking(undefined)}
      />
    </Panel>
  );
}

type LockButtonProps = {
  readonly row: FieldRow;
  readonly refusal: string | undefined;
  readonly onLock: () => void;
  readonly onUnlock: () => void;
};

function LockButton({ row, refusal, onLock, onUnlock }: LockButtonProps): ReactNode {
  const title = fieldTitle(row.field);
  return row.locked_by === undefined ? (
    <IconButton label={`Lock ${title}`} refusal={refusal} onClick={onLock}>
      <Lock size={14} aria-hidden />
    </IconButton>
  ) : (
    <IconButton label={`Unlock ${title}`} refusal={refusal} onClick={onUnlock}>
      <LockOpen size={14} aria-hidden />
    </IconButton>
  );
}

function Value({ row: { value, rule } }: { readonly row: FieldRow }): ReactNode {
  return (
    <span className="cell-lines field-value">
      <span className="name wrap-anywhere">{value === "" ? "(empty)" : value}</span>
      {rule !== undefined && <span className="sub">concluded by rule {rule}</span>}
    </span>
  );
}

type CellProps = { readonly row: FieldRow; readonly colours: ReadonlyMap<string, number> };

function SaidBy({ row, colours }: CellProps): ReactNode {
  const { locked_by: lock, source, since, expired } = row;
  if (lock !== undefined) {
    return (
      <span className="row">
        <StatusBadge tone="info" icon="paused" title={`Locked by ${lock.actor}`}>
          Locked by {lock.actor}
        </StatusBadge>
        <TimeAgo at={lock.since} />
      </span>
    );
  }
  if (source === undefined) return "–";
  return (
    <span className="row">
      <SourceBadge source={source} colours={colours} />
      <span className="muted">{since !== undefined && <TimeAgo at={since} />}</span>
      {expired === true && <StatusBadge tone="warn">Expired</StatusBadge>}
    </span>
  );
}

/** Other values shown for each field; the rest is told as a number. */
const LOSERS_SHOWN = 4;

function Losers({ row: { value, losers }, colours }: CellProps): ReactNode {
  if (losers.length === 0) return <span className="muted">nothing</span>;
  const same = losers.filter((one) => one.value === value);
  const others = [
    ...Map.groupBy(
      losers.filter((one) => one.value !== value),
      ({ value: other, expired }) => `${expired} ${other}`,
    ).values(),
  ];
  return (
    <ul className="losers">
      {others.slice(0, LOSERS_SHOWN).map((saying) => (
        <Other key={saying[0]?.record_no} saying={saying} colours={colours} />
      ))}
      {others.length > LOSERS_SHOWN && (
        <li className="muted">and {others.length - LOSERS_SHOWN} more</li>
      )}
      {same.length > 0 && (
        <li>
          <span className="muted">the same:</span>
          <Sources of={same} colours={colours} />
        </li>
      )}
    </ul>
  );
}

type Colours = CellProps["colours"];
type Saying = FieldRow["losers"];

/** One value that lost, with all that say it. */
function Other({
  saying,
  colours,
}: {
  readonly saying: Saying;
  readonly colours: Colours;
}): ReactNode {
  const [first] = saying;
  if (first === undefined) return null;
  return (
    <li>
      <Sources of={saying} colours={colours} />
      <span className="wrap-anywhere">{first.value}</span>
      {first.expired && <StatusBadge tone="warn">Expired</StatusBadge>}
    </li>
  );
}

function Sources({ of, colours }: { readonly of: Saying; readonly colours: Colours }): ReactNode {
  return [...new Set(of.map(({ source }) => source))].map((source) => (
    <SourceBadge key={source} source={source} colours={colours} />
  ));
}
