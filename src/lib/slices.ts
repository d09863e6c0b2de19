/** Cuts items into slices of at most `size`, in their order. */
export function slicesOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const slices: (readonly T[])[] = [];
  for (let from = 0; from < items.length; from += size) slices.push(items.slice(from, from + size));
  return slices;
}
