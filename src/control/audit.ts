import type { Queryable } from "../db/session.ts";
import { maskedJson } from "../lib/secret.ts";

/** One change of the control plane or one human decision. */
export interface AuditEntry {
  readonly tenant: number;
  /** Who: "cli:root", "token:ops", a user's name. */
  readonly actor: string;
  /** What, as "noun.verb". */
  readonly action: string;
  readonly subject: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/**
 * Appends to the audit, in the transaction of the change itself. Never holds a secret: callers pass shown forms, and what
 * stands before the @ of a URL, in settings that nobody here knows, is masked.
 */
export async function audit(db: Queryable, entry: AuditEntry): Promise<void> {
  const json = (value: unknown): string | null => (value === undefined ? null : maskedJson(value));
  await db.query(
    `insert into sync.audit (tenant, actor, action, subject, before, after) values ($1, $2, $3, $4, $5, $6)`,
    [entry.tenant, entry.actor, entry.action, entry.subject, json(entry.before), json(entry.after)],
  );
}
