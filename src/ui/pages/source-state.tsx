import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { heldRetractionsQuery, holdsQuery } from "../calls/review.ts";
import type { Source } from "../calls/sources.ts";
import { HeldMark } from "./held-mark.tsx";
import { heldWords } from "./held-words.ts";
import { sourceShown } from "./run-words.ts";
import { ShownBadge } from "./shown-badge.tsx";

type SourceStateProps = {
  readonly tenant: string;
  readonly source: Pick<Source, "id" | "enabled" | "last_run">;
  /** In a row of a table. */
  readonly isShort?: boolean;
};

/** A source's state: one that waits for somebody is not called healthy beside it. */
export function SourceState({ tenant, source, isShort = false }: SourceStateProps): ReactNode {
  const { data: holds, isPending } = useQuery(holdsQuery(tenant));
  const { data: retractions, isPending: isWaiting } = useQuery(heldRetractionsQuery(tenant));
  const isHeld = heldWords({ source_id: source.id }, { holds, retractions }) !== undefined;
  const shown = sourceShown(source);
  // It is called healthy only once it is known that nothing of it is held.
  if ((isPending || isWaiting) && shown.tone === "good") return <span className="muted">–</span>;
  return (
    <span className="tags">
      {!(isHeld && shown.tone === "good") && <ShownBadge of={shown} />}
      <HeldMark tenant={tenant} source={source.id} isShort={isShort} />
    </span>
  );
}
