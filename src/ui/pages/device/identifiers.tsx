import type { ReactNode } from "react";

import { evidenceName } from "../../../model/evidence-words.ts";
import type { Explanation } from "../../calls/device-acts.ts";
import type { DeviceDetail } from "../../calls/devices.ts";
import { capital } from "../../parts/capital.ts";
import { Panel } from "../../parts/panel.tsx";
import { StatusBadge, type Tone } from "../../parts/status-badge.tsx";
import { Table } from "../../parts/table.tsx";
import { DayAgo } from "../../parts/time-ago.tsx";
import { loneIdentifiers } from "./lone-identifiers.ts";

type Shared = Explanation["shared"][number];

type IdentifiersProps = { readonly of: Explanation; readonly device: DeviceDetail };

/** Values that tell who it is, with what each is worth. */
export function Identifiers({ of, device }: IdentifiersProps): ReactNode {
  const { shared, muted, threshold } = of;
  const lone = loneIdentifiers(device, of);
  return (
    <Panel title="Identifiers" padded={false}>
      {shared.length + muted.length + lone.length === 0 ? (
        <p className="panel-body muted">
          No serial, name, MAC or address: it is known by its source's own id alone.
        </p>
      ) : (
        <Table
          caption="Identifiers"
          columns={[
            {
              id: "type",
              title: "Kind",
              cell: ({ type }: IdentifierRow) => capital(evidenceName(type)),
            },
            {
              id: "value",
              title: "Value",
              cell: ({ value }: IdentifierRow) => <code className="wrap-anywhere">{value}</code>,
            },
            {
              id: "worth",
              title: `Points (${threshold} are enough)`,
              isNumber: true,
              cell: ({ worth }: IdentifierRow) => worth,
            },
            {
              id: "confidence",
              title: "Confidence",
              cell: ({ tone, word }: IdentifierRow) => (
                <StatusBadge tone={tone}>{word}</StatusBadge>
              ),
            },
            {
              id: "by",
              title: "Said by",
              cell: ({ by, about }: IdentifierRow) => <span title={about}>{by}</span>,
            },
          ]}
          rows={[
            ...shared.map((one) => sharedRow(one, threshold)),
            ...muted.map(({ type, value, state, said_by: by, words }): IdentifierRow => ({
              type,
              value,
              worth: "–",
              tone: "warn",
              word: state === "contested" ? "Contested" : "Too common",
              by: sourcesOf(by),
              about: words,
            })),
            ...lone.map(({ type, value, source }): IdentifierRow => ({
              type,
              value,
              worth: "–",
              tone: "idle",
              word: "Said once",
              by: source ?? "–",
              about: "Only one record says it: it joins nothing until another one does too.",
            })),
          ]}
          rowKey={({ type, value }) => `${type} ${value}`}
        />
      )}
    </Panel>
  );
}

type IdentifierRow = {
  readonly type: string;
  readonly value: string;
  readonly worth: string;
  readonly tone: Tone;
  readonly word: string;
  readonly by: string;
  readonly about: string;
};

function sharedRow(
  { type, value, points, said_by: by, words }: Shared,
  threshold: number,
): IdentifierRow {
  const row = { type, value, by: sourcesOf(by), about: words };
  if (points === undefined) return { ...row, worth: "–", tone: "idle", word: "Counted already" };
  const isEnough = points >= threshold;
  return {
    ...row,
    worth: `+${points}`,
    tone: isEnough ? "good" : "info",
    word: isEnough ? "Enough alone" : "With others",
  };
}

function sourcesOf(by: Shared["said_by"]): string {
  return [...new Set(by.map(({ record }) => record.source))].join(", ");
}

const STATES: Readonly<Record<DeviceDetail["addresses"][number]["state"], Tone>> = {
  detected: "info",
  confirmed: "good",
  stale: "idle",
  replaced: "warn",
};

/** Addresses it was seen with, and on how many days. */
export function AddressPanel({ device }: { readonly device: DeviceDetail }): ReactNode {
  if (device.addresses.length === 0) return null;
  return (
    <Panel title="Addresses over time" padded={false}>
      <Table
        caption="Addresses over time"
        columns={[
          { id: "value", title: "Address", cell: ({ value }) => <code>{value}</code> },
          {
            id: "state",
            title: "State",
            cell: ({ state }) => <StatusBadge tone={STATES[state]}>{capital(state)}</StatusBadge>,
          },
          { id: "days", title: "Days", isNumber: true, cell: ({ days }) => days },
          { id: "first", title: "First seen", cell: ({ first_seen: at }) => <DayAgo at={at} /> },
          { id: "last", title: "Last seen", cell: ({ last_seen: at }) => <DayAgo at={at} /> },
        ]}
        rows={device.addresses}
        rowKey={({ type, value }) => `${type} ${value}`}
      />
    </Panel>
  );
}
