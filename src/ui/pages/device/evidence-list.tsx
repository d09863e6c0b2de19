import type { ReactNode } from "react";

import { evidenceName, evidenceValue } from "../../../model/evidence-words.ts";

type Evidence = { readonly type: string; readonly value: string; readonly points: number };
type EvidenceListProps = {
  readonly of: readonly Evidence[];
  readonly points: number;
  readonly threshold: number;
};

/** What speaks for and against two groups of records being one device, piece by piece, with the sum. */
export function EvidenceList({ of, points, threshold }: EvidenceListProps): ReactNode {
  return (
    <ul className="evidence" aria-label="Evidence">
      {of.map(({ type, value, points: own }) => (
        <li key={`${type} ${value}`} data-against={own < 0}>
          <strong className="points">{signed(own)}</strong>
          <span className="wrap-anywhere">
            {evidenceName(type)} <code>{evidenceValue(type, value)}</code>
            {own < 0 && " differs"}
          </span>
        </li>
      ))}
      <li className="sum">
        <strong className="points">{points}</strong>
        <span className="muted">points; {threshold} are enough to join</span>
      </li>
    </ul>
  );
}

function signed(points: number): string {
  return points < 0 ? `−${-points}` : `+${points}`;
}
