/** What of a run or a source waits for an operator. Pure. */

type OfSource = { readonly source_id: string; readonly run_no?: number | undefined };

/** What is held in a tenant; a part that is not loaded yet says nothing. */
export interface Held {
  readonly holds?: readonly OfSource[] | undefined;
  readonly retractions?: readonly OfSource[] | undefined;
}

/** What is held of a source, or of one run of it: "Publication held"; undefined where nothing is. */
export function heldWords(of: OfSource, { holds, retractions }: Held): string | undefined {
  const isOf = (one: OfSource): boolean =>
    one.source_id === of.source_id && (of.run_no === undefined || one.run_no === of.run_no);
  const isHeld = holds?.some(isOf) === true;
  const isKept = retractions?.some(isOf) === true;
  if (isHeld && isKept) return "Publication and retraction held";
  if (isHeld) return "Publication held";
  return isKept ? "Retraction held" : undefined;
}
