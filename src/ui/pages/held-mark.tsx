import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { heldRetractionsQuery, holdsQuery } from "../calls/review.ts";
import { StatusBadge } from "../parts/status-badge.tsx";
import { heldWords } from "./held-words.ts";

type HeldMarkProps = {
  readonly tenant: string;
  readonly source: string;
  /** Absent: of any run of the source. */
  readonly run?: number;
  /** In a row of a table, where "Held" must do. */
  readonly isShort?: boolean;
};

/** Says that something of a run or a source waits for an operator, and leads to it; nothing where nothing does. */
export function HeldMark({ tenant, source, run, isShort = false }: HeldMarkProps): ReactNode {
  const { data: holds } = useQuery(holdsQuery(tenant));
  const { data: retractions } = useQuery(heldRetractionsQuery(tenant));
  const words = heldWords({ source_id: source, run_no: run }, { holds, retractions });
  if (words === undefined) return null;
  return (
    <Link to="/t/$tenant/review" params={{ tenant }} aria-label={`${words}: to the review`}>
      <StatusBadge tone="warn" title={words}>
        {isShort ? "Held" : words}
      </StatusBadge>
    </Link>
  );
}
