import { ConfigError } from "../lib/errors.ts";

/** The schema that the original's names live in, as the migrations spell it. */
export const COMPAT_SCHEMA = "platform";

const SETTING = "--compat-schema";
/** A name that needs no quotes; PostgreSQL cuts longer ones at 63 bytes. */
const NAME = /^[a-z_][a-z0-9_]{0,62}$/;
/** Schemas that hold other things: ours, the server's. */
const TAKEN = /^(?:sync|public|information_schema|pg_.*)$/;

/** Checks a schema name for the compatibility views; throws ConfigError naming --compat-schema. */
export function checkCompatSchema(name: string): string {
  if (NAME.test(name) && !TAKEN.test(name)) return name;
  throw new ConfigError(
    SETTING,
    `"${name}" must be lower-case letters, digits and underscores, at most 63, and not sync, public or pg_…`,
  );
}

/** The statement text with the compatibility schema under another name. */
export function withCompatSchema(sql: string, schema: string): string {
  if (schema === COMPAT_SCHEMA) return sql;
  return sql
    .replace(/\bplatform(?=\.)/g, schema)
    .replace(/\b(schema(?:\s+if\s+not\s+exists)?\s+)platform\b/gi, `$1${schema}`);
}

const CREATED =
  /\bcreate\s+(?:or\s+replace\s+)?(?:materialized\s+)?(?:view|table|function)\s+(?:if\s+not\s+exists\s+)?platform\.(\w+)/gi;

/** Names of what a migration creates in the compatibility schema. */
export function compatRelations(sql: string): readonly string[] {
  return [...sql.matchAll(CREATED)].map((match) => match[1] ?? "");
}
