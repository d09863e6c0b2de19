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

/** Fields that a filter is made of by clicks; the name is the query language's, the title the page's. */
export const FILTER_FIELDS: readonly (readonly [field: string, title: string])[] = [
  ["type", "Type"],
  ["vendor_name", "Vendor"],
  ["model", "Model"],
  ["os.name", "OS"],
  ["site", "Site"],
  ["owner", "Owner"],
];

const TITLES: ReadonlyMap<string, string> = new Map([
  ...FILTER_FIELDS,
  ["source", "Source"],
  ["risk_level", "Risk"],
  ["hostname", "Name"],
  ["ip", "Address"],
  ["mac", "MAC"],
  ["serial", "Serial"],
  ["partition", "Partition"],
  ["time", "Seen"],
  ["is_available", "Available"],
]);

const VALUES: ReadonlyMap<string, string> = new Map([
  ["time:last_1h", "in the last hour"],
  ["time:last_24h", "in the last day"],
  ["time:last_7d", "in the last week"],
  ["is_available:true", "yes"],
  ["is_available:false", "no"],
]);

/** A condition for people: `vendor_name:"Palo Alto"` is Vendor, Palo Alto. Undefined where only the query itself says it rightly. */
export function chipWords(
  chip: string,
): { readonly title: string; readonly isNot: boolean; readonly value: string } | undefined {
  const [, not, field = "", written = ""] = /^(!?)([a-z_.]+):(.+)$/.exec(chip) ?? [];
  const title = TITLES.get(field);
  // What has more meaning than its letters stays as it is written.
  if (title === undefined || /^[([<>=]/.test(written)) return undefined;
  const isNot = not === "!";
  if (written === "%") return { title, isNot: false, value: isNot ? "not known" : "known" };
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(written)?.[1]?.replaceAll(/\\(.)/g, "$1");
  return { title, isNot, value: VALUES.get(`${field}:${written}`) ?? quoted ?? written };
}
