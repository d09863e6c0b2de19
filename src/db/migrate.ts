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
import { tx, type Tx } from "./tx.ts";

/** What a migration run needs besides the database. */
export type MigrateOptions = {
  readonly log: Log;
  /** The program's own, unless a test says otherwise. */
  readonly migrations?: readonly Migration[] | undefined;
  /** Schema for the views that bear the original's names; default "platform". Kept by the database from the first run on. */
  readonly compatSchema?: string | undefined;
};

/** Key of the advisory lock: one runner at a time in a database. The number is "sync" in ASCII. */
const LOCK = 0x73796e63;

/**
 * Brings the schema to this program's version and gives the names of the steps applied now; calling it again, also
 * from many processes at once, changes nothing. Each step commits by itself under a transaction's advisory lock,
 * which unlike a session's lock holds through pgbouncer. Throws SyncError `db_schema_newer` or
 * `db_schema_changed`, ConfigError naming --compat-schema; what was applied before stays.
 */
export async function migrate(db: Db, options: MigrateOptions): Promise<readonly string[]> {
  const migrations = options.migrations ?? MIGRATIONS;
  const applied: string[] = [];
  for (;;) {
    const step = await tx(db, (open) => applyNext(open, { ...options, migrations }));
    if (step === undefined) return applied;
    applied.push(step.name);
    options.log.info({ migration: step.name }, "schema migrated");
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
  await open.query(
    "insert into sync.migrations (id, name, sha256, compat_schema) values ($1, $2, $3, $4)",
    [step.id, step.name, step.sha256, schema],
  );
}
