import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** A file's text; one that ends in .gz is unpacked. */
export function readText(path: string): string {
  const bytes = readFileSync(path);
  return (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
}

/** Reads a file of JSON lines as what its writer says they are. */
export function* readJsonLines<T>(path: string): Generator<T> {
  for (const line of readText(path).split("\n")) {
    if (line !== "") yield JSON.parse(line) as T;
  }
}
