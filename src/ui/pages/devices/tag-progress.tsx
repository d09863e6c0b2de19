import type { ReactNode } from "react";

import { isWhole } from "../../calls/tag-work.ts";
import { Failure } from "../../parts/failure.tsx";
import { progressWords } from "./tag-words.ts";
import type { TagWork } from "./use-tag-work.ts";

type TagProgressProps = Pick<TagWork, "change" | "error" | "isBusy">;

/** How far a change is, and what stopped it. */
export function TagProgress({ change, error, isBusy }: TagProgressProps): ReactNode {
  return (
    <>
      <Failure error={error} />
      {change !== undefined && (
        <p className="notice" data-tone={isBusy || isWhole(change) ? "good" : "warn"} role="status">
          {progressWords(change, isBusy)}
        </p>
      )}
    </>
  );
}
