import { readdir, readFile } from "node:fs/promises";

import { parse } from "yaml";

const RULES = new URL("../src/dire/enrichment/", import.meta.url);
const GENERATED = "src/dire/enrichment.gen.ts";

/** The built-in enrichment rules as a TypeScript module: `path` from the root of the repository, and its text. */
export async function embedEnrichment(): Promise<{ path: string; text: string }> {
  const names = (await readdir(RULES)).filter((name) => name.endsWith(".yaml")).toSorted();
  const documents = await Promise.all(
    names.map(async (name) => parse(await readFile(new URL(name, RULES), "utf8")) as unknown),
  );
  return {
    path: GENERATED,
    text: `// Generated from src/dire/enrichment/ by build/embed-enrichment.ts; do not edit.

/** What each file of built-in rules holds. */
export const BUILT_IN_FILES: readonly unknown[] = ${JSON.stringify(documents, null, 1)};
`,
  };
}
