import { Link } from "@tanstack/react-router";
import { History } from "lucide-react";
import type { ReactNode } from "react";

import type { Run } from "../../calls/runs.ts";
import type { Column } from "../../parts/column.ts";
import { numberWords } from "../../parts/number-words.ts";
import { EmptyState } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import { durationWords } from "../../parts/time-words.ts";
import { HeldMark } from "../held-mark.tsx";
import { outcomeShown } from "../run-words.ts";
import { ShownBadge } from "../shown-badge.tsx";

type RunTableProps = {
  readonly tenant: string;
  readonly runs: readonly Run[];
  /** Whether all are of one source, whose name is then not repeated. */
  readonly isOfOne?: boolean;
};

/** Runs with their counts, newest first. */
export function RunTable({ tenant, runs, isOfOne = false }: RunTableProps): ReactNode {
  if (runs.length === 0) {
    return (
      <EmptyState icon={History} title="No runs yet">
        A run begins when a source is due, or at once with Run now.
      </EmptyState>
    );
  }
  const all = [SOURCE, outcomeColumn(tenant), ...COLUMNS];
  const columns = isOfOne ? all.slice(1) : all;
  return (
    <Table
      caption="Runs, newest first"
      columns={[runColumn(tenant), ...columns]}
      rows={runs}
      rowKey={({ run_no: no }) => String(no)}
    />
  );
}

function runColumn(tenant: string): Column<Run> {
  return {
    id: "run",
    title: "Run",
    cell: ({ run_no: no }) => (
      <Link to="/t/$tenant/runs/$run" params={{ tenant, run: String(no) }} className="name">
        #{no}
      </Link>
    ),
  };
}

const counted = (
  id: "entries" | "created" | "changed" | "merged" | "rejected",
  title: string,
): Column<Run> => ({
  id,
  title,
  isNumber: true,
  cell: (run) => (run[id] === 0 ? <span className="muted">0</span> : numberWords(run[id])),
});

const SOURCE: Column<Run> = { id: "source", title: "Source", cell: ({ source }) => source };

function outcomeColumn(tenant: string): Column<Run> {
  return {
    id: "outcome",
    title: "Outcome",
    cell: ({ outcome, source_id: source, run_no: run }) => (
      <span className="tags">
        <ShownBadge of={outcomeShown(outcome)} />
        <HeldMark tenant={tenant} source={source} run={run} isShort />
      </span>
    ),
  };
}

const COLUMNS: readonly Column<Run>[] = [
  { id: "kind", title: "Kind", cell: ({ kind }) => kind },
  counted("entries", "Records"),
  counted("created", "New"),
  counted("changed", "Changed"),
  counted("merged", "Devices merged"),
  counted("rejected", "Rejected"),
  { id: "started", title: "Started", cell: ({ started_at: at }) => <TimeAgo at={at} /> },
  {
    id: "took",
    title: "Took",
    isNumber: true,
    cell: ({ started_at: from, ended_at: to }) =>
      to === undefined ? "–" : durationWords(Date.parse(to) - Date.parse(from)),
  },
];
