import type { Queryable } from "../db/session.ts";
import type { Tx } from "../db/tx.ts";
import { maskedJson } from "../lib/secret.ts";

/** The platform itself, in whose name users are changed. */
export const PLATFORM_TENANT = 0;

/** One change of the control plane or one human decision. */
export interface AuditEntry {
  readonly tenant: number;
  /** Who: "cli:root", "token:ops", "user:alice". */
  readonly actor: string;
  /** What, as "noun.verb". */
  readonly action: string;
  readonly subject: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/**
 * Appends to the audit, in the transaction of the change itself: one that cannot be noted is not made. Never holds a secret: callers
 * pass shown forms, and what stands before the @ of a URL, in settings that nobody here knows, is masked.
 */
export async function audit(open: Tx, entry: AuditEntry): Promise<void> {
  await auditAlone(open, entry);
}

/** Appends to the audit what somebody did that changed no row, or whose change is over. */
export async function auditAlone(db: Queryable, entry: AuditEntry): Promise<void> {
  const json = (value: unknown): string | null => (value === undefined ? null : maskedJson(value));
  await db.query(
    `insert into sync.audit (tenant, actor, action, subject, before, after) values ($1, $2, $3, $4, $5, $6)`,
    [entry.tenant, entry.actor, entry.action, entry.subject, json(entry.before), json(entry.after)],
  );
}

/** An entry as it was kept. */
export interface AuditedEntry extends Omit<AuditEntry, "tenant"> {
  readonly auditNo: number;
  readonly atMs: number;
}

type AuditRow = Omit<AuditEntry, "tenant"> & { audit_no: number; at: number };

/** Newest first: those before `before`, of an actor or an action where one is named. */
export async function listAudit(
  db: Queryable,
  tenant: number,
  {
    actor,
    action,
    subject,
    before,
    limit,
  }: {
    readonly actor?: string | undefined;
    /** "source.change", or "source" for all that was done to sources. */
    readonly action?: string | undefined;
    /** What it was done to, such as a source's name. */
    readonly subject?: string | undefined;
    readonly before?: number | undefined;
    readonly limit: number;
  },
): Promise<readonly AuditedEntry[]> {
  const { rows } = await db.query<AuditRow>(
    `select audit_no, at, actor, action, subject, before, after from sync.audit
      where tenant = $1 and ($2::bigint is null or audit_no < $2) and ($3::text is null or actor = $3)
        and ($4::text is null or action = $4 or split_part(action, '.', 1) = $4)
        and ($5::text is null or subject = $5)
      order by audit_no desc limit $6`,
    [tenant, before, actor, action, subject, limit],
  );
  return rows.map(({ audit_no: auditNo, at: atMs, ...entry }) => ({ ...entry, auditNo, atMs }));
}
