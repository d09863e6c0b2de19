import type { PointerEvent } from "react";

import { titleCut } from "./cut-text.ts";

/** Gives the cell under the pointer its title where its text is cut; one in each of them would be drawn with every row that comes. */
export function titleCutUnder({ target }: PointerEvent): void {
  if (!(target instanceof Element)) return;
  const cut = target.closest<HTMLElement>(".virtual td, .clip");
  if (cut !== null) titleCut(cut);
}
