/** The REST API over a database of a test's own. */
import { readFileSync } from "node:fs";

import type { Db } from "../../src/db/pool.ts";
import { apiOver, type Beside, type TestApi } from "./api-over.ts";
import { freshDatabase } from "./database.ts";

type Hooks = Parameters<typeof freshDatabase>[0];

/** A fresh database with an API over it. */
export async function testApi(hooks: Hooks, beside: Beside = {}): Promise<TestApi> {
  const { db } = await freshDatabase(hooks);
  return await apiOver(db, beside);
}

/** The document's example payload (sync-runtime, "Example Integration Payload"), as it stands. */
export const DOCUMENT_PAYLOAD = readFileSync(
  new URL("../golden/sync-runtime/example-payload.json", import.meta.url),
  "utf8",
);

/** Has the database refuse what the audit would say of an action. */
export async function refuseInAudit(db: Db, action: string): Promise<void> {
  await db.query(
    `create function sync.refuse_audit() returns trigger language plpgsql as $$ begin raise exception 'no audit'; end $$`,
  );
  await db.query(
    `create trigger refuse before insert on sync.audit for each row when (new.action = '${action}')
     execute function sync.refuse_audit()`,
  );
}
