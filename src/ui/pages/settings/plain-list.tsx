import { useQuery } from "@tanstack/react-query";
import { ListX } from "lucide-react";
import type { ReactNode } from "react";

import { ask } from "../../calls/query-client.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { Panel } from "../../parts/panel.tsx";
import { EmptyState, Loaded } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";

type Row = Readonly<Record<string, unknown>>;

type PlainListProps = {
  readonly title: string;
  readonly about: string;
  readonly path: string;
  /** Members of a row that are shown, each with its heading. */
  readonly members: readonly (readonly [member: string, title: string])[];
};

/** A list of the API's as a page that only shows it. */
export function PlainList({ title, about, path, members }: PlainListProps): ReactNode {
  const query = useQuery({
    queryKey: ["plain", path],
    queryFn: ({ signal }) => ask<Row>({ path, signal }),
  });
  return (
    <>
      <PageHeader title={title} about={about} />
      <Panel padded={false}>
        <Loaded query={query}>
          {(answer) => <Rows title={title} rows={rowsIn(answer)} members={members} />}
        </Loaded>
      </Panel>
    </>
  );
}

type RowsProps = Pick<PlainListProps, "title" | "members"> & { readonly rows: readonly Row[] };

function Rows({ title, rows, members }: RowsProps): ReactNode {
  if (rows.length === 0) return <EmptyState icon={ListX} title="None yet" />;
  return (
    <Table
      caption={title}
      columns={members.map(([id, heading]) => ({
        id,
        title: heading,
        cell: (row: Row) => words(row[id]),
      }))}
      rows={rows}
      rowKey={(row) => JSON.stringify(row)}
    />
  );
}

function rowsIn(answer: Row): readonly Row[] {
  return (Object.values(answer).find(Array.isArray) ?? []) as readonly Row[];
}

function words(value: unknown): string {
  if (value === undefined || value === null) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}
