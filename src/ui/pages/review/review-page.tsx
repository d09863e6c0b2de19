import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { CircleCheck } from "lucide-react";
import type { ReactNode } from "react";

import { pathOf } from "../../calls/api-client.ts";
import { ask } from "../../calls/query-client.ts";
import { keyOf } from "../../calls/topics.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { Panel } from "../../parts/panel.tsx";
import { EmptyState, Loaded } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";

type Pair = {
  readonly reason: string;
  readonly record_no?: number;
  readonly other_record_no?: number;
};

/** Pairs of records that look like one device and are held apart. */
export function ReviewPage(): ReactNode {
  const { tenant } = useParams({ from: "/t/$tenant" });
  const query = useQuery({
    queryKey: keyOf(tenant, "devices", "quarantine"),
    queryFn: ({ signal }) =>
      ask<Readonly<Record<string, unknown>>>({
        path: pathOf(["tenants", tenant, "quarantine"], { limit: 100 }),
        signal,
      }),
  });
  return (
    <>
      <PageHeader title="Review" about="Records that look like one device and are held apart." />
      <Panel padded={false}>
        <Loaded query={query}>{(answer) => <Pairs pairs={firstList(answer)} />}</Loaded>
      </Panel>
    </>
  );
}

function firstList(answer: Readonly<Record<string, unknown>>): readonly Pair[] {
  return (Object.values(answer).find(Array.isArray) ?? []) as readonly Pair[];
}

function Pairs({ pairs }: { readonly pairs: readonly Pair[] }): ReactNode {
  if (pairs.length === 0) {
    return <EmptyState icon={CircleCheck} title="Nothing waits for a decision" />;
  }
  return (
    <Table
      caption="Pairs held apart"
      columns={[
        { id: "reason", title: "Reason", cell: ({ reason }) => reason },
        { id: "record", title: "Record", cell: ({ record_no: no }) => no },
        { id: "other", title: "Other record", cell: ({ other_record_no: no }) => no },
      ]}
      rows={pairs}
      rowKey={(pair) => JSON.stringify(pair)}
    />
  );
}
