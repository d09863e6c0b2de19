import { ConfigError, SyncError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import {
  checkCompatSchema,
  compatRelations,
  COMPAT_SCHEMA,
  withCompatSchema,
} from "./compat-schema.ts";
import type { Migration } from "./migration.ts";
import { MIGRATIONS } from "./migrations.gen.ts";
import type { Db } from "./pool.ts";
import { readDrift, SHAPE, SHAPE_PATH } from "./schema-shape.ts";
import { tx, type Tx } from "./tx.ts";

/** What a migration run needs besides the database. */
export type MigrateOptions = {
  readonly log: Log;
  /** The program's own, unless a test says otherwise. */
  readonly migrations?: readonly Migration[] | undefined;
  /** Schema for the views that bear the original's names; default "platform". Kept by the database from the first run on. */
  readonly compatSchema?: string | undefined;
  /** How long a step may wait for a lock before it lets those behind it pass, ms; default 3 s. */
  readonly lockWaitMs?: number | undefined;
};

/** Key of the advisory lock: one runner at a time in a database. The number is "sync" in ASCII. */
const LOCK = 0x73796e63;

/** While a step waits for its lock on a table, every query behind it waits too: an operator's patience with a page. */
const LOCK_WAIT_MS = 3_000;
/** So often a step is tried: for a minute, longer than any transaction of ours. */
const LOCK_TRIES = 20;

/**
 * Brings the schema to this program's version and gives the names of the steps applied now; calling it again, also
 * from many processes at once, changes nothing. Each step commits by itself under a transaction's advisory lock,
 * which unlike a session's lock holds through pgbouncer. A step waits for its tables only so long, and is tried again. Throws
 * SyncError `db_schema_newer`, `db_schema_changed` or `db_lock_not_available`, ConfigError naming --compat-schema; what was applied
 * before stays. What was changed by hand since is logged, in words.
 */
export async function migrate(db: Db, options: MigrateOptions): Promise<readonly string[]> {
  const migrations = options.migrations ?? MIGRATIONS;
  const applied: string[] = [];
  for (;;) {
    const step = await tryNext(db, { ...options, migrations });
    if (step === undefined) break;
    applied.push(step.name);
    options.log.info({ migration: step.name }, "schema migrated");
  }
  const { gone, added } = await readDrift(db);
  if (gone.length + added.length > 0) {
    options.log.warn({ gone, added }, "the schema was changed by hand since it was migrated");
  }
  return applied;
}

async function tryNext(db: Db, steps: Steps): Promise<Migration | undefined> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await tx(db, (open) => applyNext(open, steps));
    } catch (thrown) {
      const isBusy = thrown instanceof SyncError && thrown.code === "db_lock_not_available";
      if (!isBusy || tries === LOCK_TRIES) throw thrown;
      steps.log.warn({ error: thrown.message, tries }, "a table is in use, migrating again");
    }
  }
}

type Steps = MigrateOptions & { readonly migrations: readonly Migration[] };
type AppliedRow = {
  readonly id: number;
  readonly name: string;
  readonly sha256: string;
  readonly compat_schema: string;
};

/** Applies the first step that is missing, or gives undefined where none is. */
async function applyNext(open: Tx, steps: Steps): Promise<Migration | undefined> {
  // A role's statement_timeout is meant for queries; a step over a large table may take longer.
  await open.query("set local statement_timeout = 0");
  await open.query("select pg_advisory_xact_lock($1)", [LOCK]);
  const rows = await readApplied(open);
  checkApplied(rows, steps.migrations);
  const pending = steps.migrations.slice(rows.length);
  const ours = steps.migrations.slice(0, rows.length).flatMap(({ sql }) => compatRelations(sql));
  const kept = ours.length === 0 ? undefined : rows.at(-1)?.compat_schema;
  const schema = chooseCompatSchema(kept, steps.compatSchema);
  const [step] = pending;
  if (step === undefined) return undefined;
  // All that are to come, so that a refusal leaves a database that the same program can still be pointed elsewhere in.
  const fresh = pending.flatMap(({ sql }) => compatRelations(sql));
  await refuseForeign(open, schema, [...new Set(fresh).difference(new Set(ours))]);
  await open.query(`set local lock_timeout = ${steps.lockWaitMs ?? LOCK_WAIT_MS}`);
  // The last one's commit brings those before it to the disk too.
  if (pending.length > 1) await open.query("set local synchronous_commit = off");
  await runStep(open, step, schema);
  return step;
}

/** Asks before it creates: a role that may only use the finished schema may not create one, even "if not exists". */
async function readApplied(open: Tx): Promise<readonly AppliedRow[]> {
  const { rows: found } = await open.query<{ ledger: string | null }>(
    "select to_regclass('sync.migrations')::text as ledger",
  );
  if (found[0]?.ledger == null) await open.query(LEDGER);
  const { rows } = await open.query<AppliedRow>(
    "select id, name, sha256, compat_schema from sync.migrations order by id",
  );
  return rows;
}

const LEDGER = `
  create schema if not exists sync;
  create table sync.migrations (
    id int primary key,
    name text collate "C" not null,
    sha256 text collate "C" not null,
    compat_schema text collate "C" not null,
    -- what schema sync was made of when it was done: schema-shape.ts
    shape text[] not null,
    applied_at timestamptz not null default now()
  );`;

function checkApplied(rows: readonly AppliedRow[], migrations: readonly Migration[]): void {
  for (const [i, row] of rows.entries()) {
    const known = migrations[i];
    if (known === undefined) {
      throw refusal(
        "db_schema_newer",
        `the database is at step ${row.id} (${row.name}) and this program knows ${migrations.length} steps; install the release that migrated it, or a later one`,
      );
    }
    if (known.id !== row.id || known.name !== row.name || known.sha256 !== row.sha256) {
      throw refusal(
        "db_schema_changed",
        `the database's step ${row.id} (${row.name}) is not the one of this program (${known.id}, ${known.name}); install the release that made the database, or start with an empty one`,
      );
    }
  }
}

function refusal(code: string, message: string): SyncError {
  return new SyncError(code, message, { retry: "permanent" });
}

/** The views stay where the step that made the first of them put it. */
function chooseCompatSchema(kept: string | undefined, wanted: string | undefined): string {
  if (kept === undefined) return checkCompatSchema(wanted ?? COMPAT_SCHEMA);
  if (wanted === undefined || wanted === kept) return kept;
  throw new ConfigError(
    "--compat-schema",
    `this database has its views in schema ${kept}; leave the setting out, or say ${kept}`,
  );
}

async function refuseForeign(open: Tx, schema: string, names: readonly string[]): Promise<void> {
  const { rows } = await open.query<{ name: string }>(
    `select name from unnest($2::text[]) as name
     where to_regclass(format('%I.%I', $1::text, name)) is not null
        or to_regproc(format('%I.%I', $1::text, name)) is not null`,
    [schema, names],
  );
  if (rows.length === 0) return;
  throw new ConfigError(
    "--compat-schema",
    `schema ${schema} already holds ${rows.map(({ name }) => name).join(", ")}, which this program did not make; name another schema for its views, such as --compat-schema serviceradar_sync`,
  );
}

async function runStep(open: Tx, step: Migration, schema: string): Promise<void> {
  try {
    await open.query(withCompatSchema(step.sql, schema));
  } catch (thrown) {
    if (!(thrown instanceof SyncError)) throw thrown;
    const message = `migration ${step.name}: ${thrown.message}`;
    throw new SyncError(thrown.code, message, { retry: thrown.retry, cause: thrown });
  }
  await open.query(SHAPE_PATH);
  await open.query(
    `insert into sync.migrations (id, name, sha256, compat_schema, shape) select $1, $2, $3, $4, ${SHAPE}`,
    [step.id, step.name, step.sha256, schema],
  );
}
