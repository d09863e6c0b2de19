import type { ReactNode } from "react";

import { Button } from "../../parts/button.tsx";
import { numberWords } from "../../parts/number-words.ts";

type PickedProps = { readonly count: number; readonly onClear: () => void };

/** How many are picked, and the way to pick none. */
export function Picked({ count, onClear }: PickedProps): ReactNode {
  if (count === 0) return null;
  return (
    <span className="row" role="status">
      {numberWords(count)} picked
      <Button kind="quiet" onClick={onClear}>
        Clear picks
      </Button>
    </span>
  );
}
