/** A query as separate conditions, so that one can be taken away without writing. Pure. */

/** The conditions of a query from left to right, as they are written; what stands in quotes or brackets stays whole. */
export function chipsOf(query: string): readonly string[] {
  const chips: string[] = [];
  let [current, depth, isQuoted] = ["", 0, false];
  for (let at = 0; at < query.length; at += 1) {
    const char = query[at] ?? "";
    if (isQuoted && char === "\\") {
      current += char + (query[at + 1] ?? "");
      at += 1;
      continue;
    }
    if (char === '"') isQuoted = !isQuoted;
    if (!isQuoted && char === "(") depth += 1;
    if (!isQuoted && char === ")") depth -= 1;
    if (!isQuoted && depth === 0 && /\s/.test(char)) {
      if (current !== "") chips.push(current);
      current = "";
    } else {
      current += char;
    }
  }
  return current === "" ? chips : [...chips, current];
}

/** The query without one of its conditions; undefined where none is left. */
export function withoutChip(query: string, index: number): string | undefined {
  const left = chipsOf(query).toSpliced(index, 1).join(" ");
  return left === "" ? undefined : left;
}

/** The query with one more condition; the same one is not added twice. */
export function withChip(query: string | undefined, chip: string): string {
  if (query === undefined) return chip;
  return chipsOf(query).includes(chip) ? query : `${query} ${chip}`;
}
