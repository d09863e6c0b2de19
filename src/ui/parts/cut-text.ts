/** What is looked at of an element whose text may be cut. */
export interface MaybeCut {
  readonly scrollWidth: number;
  readonly clientWidth: number;
  readonly textContent: string | null;
  title: string;
  readonly dataset: { cut?: string };
}

/**
 * Gives an element whose text has no room a title that has all of it, and takes it away where there is room again: cells of a long list
 * are used for other rows. A title that it has of its own stays.
 */
export function titleCut(element: MaybeCut): void {
  const { dataset, scrollWidth, clientWidth, textContent } = element;
  if (element.title !== "" && dataset.cut === undefined) return;
  if (scrollWidth > clientWidth) {
    element.title = textContent ?? "";
    dataset.cut = "";
    return;
  }
  if (dataset.cut === undefined) return;
  element.title = "";
  delete dataset.cut;
}
