import type { ReactNode } from "react";

import { StatusBadge } from "../parts/status-badge.tsx";
import type { Shown } from "./run-words.ts";

/** A state with its badge. */
export function ShownBadge({ of: { tone, icon, word } }: { readonly of: Shown }): ReactNode {
  return (
    <StatusBadge tone={tone} icon={icon}>
      {word}
    </StatusBadge>
  );
}
