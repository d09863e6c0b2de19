/**
 * The barrier between tenants, as PostgreSQL holds it: every table with a tenant column has a row-level policy (migration 0008) that
 * binds every role but the tables' owner. Work of one tenant takes on a role that it binds and names its tenant, both for
 * one transaction, so it works through a pooler and nothing is left on a connection. Why: docs/decisions/0012-barrier.md.
 */
import { invariant } from "../lib/invariant.ts";

/**
 * The role that work of one tenant takes on. PostgreSQL has it in every database, its only member is the database's owner,
 * and it owns none of our tables: so nobody need create a role, or be allowed to.
 */
export const TENANT_ROLE = "pg_database_owner";

/** Why somebody may look over all tenants at once. Where each is used, `test/db/barrier.test.ts` lists. */
export const DOORS = {
  derivation:
    "rules of DIRE are of all tenants, and a change of them makes every tenant's records due",
  housekeeping: "the keeper goes from tenant to tenant",
  leases: "a worker looks for a tenant that has work",
  metrics: "a scrape tells how every tenant stands, and is cut down to one for a token",
  people: "a person may work in several tenants, and a session says who it is",
  news: "one look for news of all agents whose control streams are open in a process",
  rehearsals: "snapshots that a core left when it died, of whichever tenant, are played by another",
  schema: "what the database itself is at",
  start: "whether anything was set up yet, which a first start asks",
  tenants: "who is a tenant, by name, and making one",
  tokens: "a bearer's token says which tenant it is of",
  tuning: "how much all tenants have, which a start tunes itself by, and how busy the server is",
  trust:
    "a certificate's authority says which tenant its owner is of, and no authority may be of two",
} as const;

/** One of DOORS. */
export type Door = keyof typeof DOORS;

/**
 * How long a transaction of a tenant may rest between two statements before the server ends it, ms. A process that was stopped in
 * the middle holds the tenant's row and lets nobody else work. The longest rest of a running one is that in which the resolver decides
 * a whole tenant at its first publication: a minute for a million records on a slow machine. A killed one's connection ends at once.
 */
const RESTS_MAX_MS = 300_000;

/** Takes on the role for the rest of the transaction. */
const TAKE_ROLE = `set local role ${TENANT_ROLE}`;
/** Lays it down again, for a COPY, which PostgreSQL refuses to whom a policy binds. */
const LEAVE_ROLE = "set local role none";

/** A copy's own columns, none of which is the tenant: that one is filled in from the transaction's. */
const TENANT_COPY = /^\s*copy\s+[\w.]+\s*\((?![^)]*\btenant\b)[^)]+\)\s*from\s+stdin\b/i;

/**
 * A copy as a tenant's transaction runs it: in one message with what lays the role down and takes it on again, so they cost no round
 * trip. A copy that could write another tenant's rows is a bug.
 */
export function tenantCopy(sql: string): string {
  invariant(TENANT_COPY.test(sql), `a tenant's copy lists columns, and not the tenant: ${sql}`);
  return `${LEAVE_ROLE}; ${sql}; ${TAKE_ROLE}`;
}

/** Statements that open every transaction of a tenant, in the one message that begins it, so they cost no round trip. */
export function openingOf(tenant: number): string {
  invariant(Number.isInteger(tenant), `a tenant's number is whole, not ${tenant}`);
  return (
    `; ${TAKE_ROLE}; set local sync.tenant = '${tenant}'` +
    `; set local idle_in_transaction_session_timeout = ${RESTS_MAX_MS}`
  );
}
