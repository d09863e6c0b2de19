import { after } from "node:test";

import {
  endServer,
  makeDatabase,
  type DatabaseOptions,
  type TestDatabase,
} from "./database-server.ts";

/** What a test context and the module node:test have in common. */
type Hooks = { readonly after: (end: () => Promise<void>) => void };

// Registered when the file is imported, so on the whole run; such hooks run in order of registration, before
// those of the files, which then find their databases closed already.
after(endServer);

/**
 * A fresh database with our schema, cloned from a template that is migrated once a run; dropped after the test, or
 * with `freshDatabase({ after })` after all tests of the run. The server is PostgreSQL 18 from node_modules,
 * started on first use without fsync, or the one that SERVICERADAR_TEST_DATABASE_URL names.
 */
export async function freshDatabase(
  hooks: Hooks,
  options: DatabaseOptions = {},
): Promise<TestDatabase> {
  const { db, url, close } = await makeDatabase(options);
  hooks.after(close);
  return { db, url };
}
