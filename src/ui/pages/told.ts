/** A value of JSON as it is read in a sentence. Pure. */

/** Text as it is, "nothing" where there is none, all else as JSON. */
export function told(value: unknown): string {
  if (value === undefined || value === null || value === "") return "nothing";
  return typeof value === "string" ? value : JSON.stringify(value);
}
