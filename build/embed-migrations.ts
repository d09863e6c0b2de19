import { readdir, readFile } from "node:fs/promises";

import type { Migration } from "../src/db/migration.ts";
import { sha256Hex } from "../src/lib/hash.ts";

const MIGRATIONS = new URL("../src/db/migrations/", import.meta.url);
const GENERATED = "src/db/migrations.gen.ts";
const FILE_NAME = /^(\d{4})-[a-z0-9-]+\.sql$/;

/** The schema's steps as a TypeScript module: `path` from the root of the repository, and its text. */
export async function embedMigrations(): Promise<{ path: string; text: string }> {
  const names = (await readdir(MIGRATIONS)).filter((name) => name.endsWith(".sql")).toSorted();
  const steps = await Promise.all(names.map((name, i) => readStep(name, i + 1)));
  return { path: GENERATED, text: moduleOf(steps) };
}

/** Ids without gaps, so that two branches that each add a step cannot both be merged unseen. */
async function readStep(fileName: string, id: number): Promise<Migration> {
  if (Number(FILE_NAME.exec(fileName)?.[1]) !== id) {
    throw new Error(
      `${fileName}: step ${id} must be named ${String(id).padStart(4, "0")}-name.sql`,
    );
  }
  const sql = await readFile(new URL(fileName, MIGRATIONS), "utf8");
  return { id, name: fileName.replace(/\.sql$/, ""), sha256: sha256Hex(sql), sql };
}

function moduleOf(steps: readonly Migration[]): string {
  return `// Generated from src/db/migrations/ by build/embed-migrations.ts; do not edit.
import type { Migration } from "./migration.ts";

/** Every step of the schema, in order. */
export const MIGRATIONS: readonly Migration[] = ${JSON.stringify(steps, null, 1)};
`;
}
