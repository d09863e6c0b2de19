import type { ReactNode } from "react";

import { isWhole } from "../../calls/tag-work.ts";
import { problemWords } from "../../parts/states.tsx";
import { progressWords } from "./tag-words.ts";
import type { TagWork } from "./use-tag-work.ts";

type TagProgressProps = Pick<TagWork, "change" | "error" | "isBusy">;

/** How far a change is, and what stopped it. */
export function TagProgress({ change, error, isBusy }: TagProgressProps): ReactNode {
  return (
    <>
      {error !== undefined && (
        <p className="notice" data-tone="bad" role="alert">
          {problemWords(error)}
        </p>
      )}
      {change !== undefined && (
        <p className="notice" data-tone={isBusy || isWhole(change) ? "good" : "warn"} role="status">
          {progressWords(change, isBusy)}
        </p>
      )}
    </>
  );
}
