import { readFile, writeFile } from "node:fs/promises";

import { embedEnrichment } from "./embed-enrichment.ts";
import { embedMigrations } from "./embed-migrations.ts";
import { embedProto } from "./embed-proto.ts";

const ROOT = new URL("../", import.meta.url);
/** In order: the later ones run what the earlier ones wrote. */
const GENERATORS = [
  embedProto,
  embedMigrations,
  embedEnrichment,
  async () => (await import("./embed-commands.ts")).embedCommands(),
];

/** Writes every generated file, or with --check writes nothing and fails when one is out of date. */
const isCheck = process.argv.includes("--check");
const stale: string[] = [];
for (const generate of GENERATORS) {
  const { path, text } = await generate();
  const file = new URL(path, ROOT);
  if ((await readFile(file, "utf8").catch(() => undefined)) === text) continue;
  stale.push(path);
  if (!isCheck) await writeFile(file, text);
}
const verdict = isCheck ? "is out of date" : "written";
for (const path of stale) process.stdout.write(`${path} ${verdict}\n`);
if (isCheck && stale.length > 0) {
  process.stderr.write("run: npm run embed\n");
  process.exitCode = 1;
}
