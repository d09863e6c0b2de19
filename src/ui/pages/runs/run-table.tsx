import { Link } from "@tanstack/react-router";
import { History } from "lucide-react";
import type { ReactNode } from "react";

import type { Run } from "../../calls/runs.ts";
import { capital } from "../../parts/capital.ts";
import type { Column } from "../../parts/column.ts";
import { numberWords } from "../../parts/number-words.ts";
import { EmptyState } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import { durationWords } from "../../parts/time-words.ts";
import { HeldMark } from "../held-mark.tsx";
import { outcomeShown, runWord, UNDONE } from "../run-words.ts";
import { ShownBadge } from "../shown-badge.tsx";

type RunTableProps = {
  readonly tenant: string;
  readonly runs: readonly Run[];
  /** Whether all are of one source, whose name is then not repeated. */
  readonly isOfOne?: boolean;
  /** Beside something else, where there is room for what matters most alone. */
  readonly isBrief?: boolean;
};

const BRIEF = new Set(["source", "outcome", "entries", "started"]);

/** Runs with their counts, newest first. */
export function RunTable({
  tenant,
  runs,
  isOfOne = false,
  isBrief = false,
}: RunTableProps): ReactNode {
  if (runs.length === 0) {
    return (
      <EmptyState icon={History} title="No runs yet">
        A run begins when a source is due, or at once with Run now.
      </EmptyState>
    );
  }
  const all = [SOURCE, outcomeColumn(tenant), ...COUNTS, isBrief ? STARTED_BRIEF : STARTED];
  const columns = (isOfOne ? all.slice(1) : all).filter(({ id }) => !isBrief || BRIEF.has(id));
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
  cell: (run) =>
    run[id] === 0 ? (
      <span className={id === "entries" ? "muted" : "muted zero"}>0</span>
    ) : (
      numberWords(run[id])
    ),
});

const SOURCE: Column<Run> = { id: "source", title: "Source", cell: ({ source }) => source };

function outcomeColumn(tenant: string): Column<Run> {
  return {
    id: "outcome",
    title: "Outcome",
    cell: ({ outcome, source_id: source, run_no: run, undone_at: undoneAt }) => (
      <span className="tags">
        <ShownBadge of={outcomeShown(outcome)} />
        {undoneAt !== undefined && <ShownBadge of={UNDONE} />}
        <HeldMark tenant={tenant} source={source} run={run} isShort />
      </span>
    ),
  };
}

const COUNTS: readonly Column<Run>[] = [
  { id: "kind", title: "Kind", cell: ({ kind }) => capital(runWord(kind)) },
  counted("entries", "Records"),
  counted("created", "New"),
  counted("changed", "Changed"),
  counted("merged", "Devices merged"),
  counted("rejected", "Rejected"),
];

const STARTED: Column<Run> = {
  id: "started",
  title: "Started",
  cell: ({ started_at: from, ended_at: to }) => (
    <span className="cell-lines">
      <span className="nowrap">
        <TimeAgo at={from} isShort />
      </span>
      {to !== undefined && (
        <span className="sub nowrap">took {durationWords(Date.parse(to) - Date.parse(from))}</span>
      )}
    </span>
  ),
};

/** In half a page of 1280 px, where the words of STARTED were cut off. */
const STARTED_BRIEF: Column<Run> = {
  id: "started",
  title: "Started",
  cell: ({ started_at: at }) => <TimeAgo at={at} isShort />,
};
