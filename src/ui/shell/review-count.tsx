import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { heldRetractionsQuery, reviewCount } from "../calls/review.ts";
import { qualityQuery } from "../calls/standing.ts";
import { numberWords } from "../parts/number-words.ts";

/** How many cases wait for a decision, beside "Review"; nothing where none does. */
export function ReviewCount({ tenant }: { readonly tenant: string }): ReactNode {
  const { data: quality } = useQuery(qualityQuery(tenant));
  const { data: retractions } = useQuery(heldRetractionsQuery(tenant));
  const count = reviewCount(quality, retractions) ?? 0;
  if (count === 0) return null;
  return (
    <span className="nav-count">
      {numberWords(count)}
      <span className="visually-hidden"> waiting</span>
    </span>
  );
}
