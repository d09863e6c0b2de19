/** Part of a list in the order of a key that no two of its rows share. */
export interface Slice<Key = string> {
  /** The key of the row that it begins behind; without it, it begins with the first one. */
  readonly after?: Key | undefined;
  /** Most rows of it; without it, it goes to the list's end. */
  readonly limit?: number | undefined;
}

/** A slice of which only rows are wanted that hold a text in what people know them by, whatever its case. */
export interface FoundSlice<Key = string> extends Slice<Key> {
  readonly text?: string | undefined;
}

/** The pattern for `ilike` that passes what holds the text; null where nothing is looked for. */
export function holdingPattern(text: string | undefined): string | null {
  if (text === undefined || text === "") return null;
  return `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
}
