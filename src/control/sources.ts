import type { Db } from "../db/pool.ts";
import type { Queryable } from "../db/session.ts";
import { tx, type Tx } from "../db/tx.ts";
import { newUuid } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { Secret } from "../lib/secret.ts";
import { parseUuid } from "../lib/uuid.ts";
import { findAgent } from "./agents.ts";
import { audit } from "./audit.ts";
import type { Sealer } from "./secrets.ts";
import { holdingPattern, type FoundSlice } from "./slice.ts";
import type { SourceDraft, ToldSource } from "./source-settings.ts";

/** A source as it is shown: its credentials by name only. */
export interface Source {
  readonly serviceId: string;
  readonly name: string;
  readonly type: string;
  readonly endpoint: string;
  readonly agentId: string;
  readonly partition: string;
  readonly enabled: boolean;
  readonly pollIntervalMs: number | undefined;
  readonly discoveryIntervalMs: number | undefined;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly credentialNames: readonly string[];
  readonly createdMs: number;
  readonly updatedMs: number;
}

type SourceRow = {
  service_id: string;
  name: string;
  type: string;
  endpoint: string;
  agent_id: string;
  partition: string;
  enabled: boolean;
  poll_interval_ms: number | null;
  discovery_interval_ms: number | null;
  settings: Record<string, unknown>;
  credential_names: string[];
  created_at: number;
  updated_at: number;
  credentials_sealed: Buffer | null;
};
const COLUMNS = `service_id, name, type, endpoint, agent_id, partition, enabled, poll_interval_ms, discovery_interval_ms, settings,
  credential_names, created_at, updated_at, credentials_sealed`;

/** Which sources are wanted. */
export interface SourcesWanted extends FoundSlice {
  /** Only those that this agent pulls. */
  readonly agentId?: string | undefined;
  /** Only the one called so. */
  readonly name?: string | undefined;
}

/** A tenant's sources, by name; a text is looked for in name, address and agent. */
export async function listSources(
  db: Queryable,
  tenant: number,
  { after = "", limit, text, agentId, name }: SourcesWanted = {},
): Promise<readonly Source[]> {
  const { rows } = await db.query<SourceRow>(
    `select ${COLUMNS} from sync.sources
      where tenant = $1 and deleted_at is null and name > $2
        and ($5::text is null or agent_id = $5) and ($6::text is null or name = $6)
        and ($4::text is null or name ilike $4 or endpoint ilike $4 or agent_id ilike $4)
      order by name limit $3`,
    [tenant, after, limit ?? null, holdingPattern(text), agentId ?? null, name ?? null],
  );
  return rows.map(sourceOf);
}

/** How many sources a tenant has whose agent does not exist, or was revoked. */
export async function countWithoutAgent(db: Queryable, tenant: number): Promise<number> {
  const { rows } = await db.query<{ sources: number }>(
    `select count(*) as sources from sync.sources s
      where tenant = $1 and deleted_at is null and not exists (
        select from sync.agents a where a.tenant = s.tenant and a.agent_id = s.agent_id and a.revoked_at is null)`,
    [tenant],
  );
  return rows[0]?.sources ?? 0;
}

/** How many sources a tenant has, and how many of them are switched on. */
export async function countSources(
  db: Queryable,
  tenant: number,
): Promise<{ readonly total: number; readonly enabled: number }> {
  const { rows } = await db.query<{ total: number; enabled: number }>(
    `select count(*) as total, count(*) filter (where enabled) as enabled from sync.sources
      where tenant = $1 and deleted_at is null`,
    [tenant],
  );
  return rows[0] ?? { total: 0, enabled: 0 };
}

/** A source by its name or its id. */
export async function findSource(
  db: Queryable,
  tenant: number,
  nameOrId: string,
): Promise<Source | undefined> {
  const { rows } = await db.query<SourceRow>(BY_NAME_OR_ID, [
    tenant,
    nameOrId,
    parseUuid(nameOrId),
  ]);
  return rows.map(sourceOf)[0];
}

const BY_NAME_OR_ID = `select ${COLUMNS} from sync.sources
  where tenant = $1 and deleted_at is null and (name = $2 or service_id = $3) limit 1`;

/** The same, locked until the transaction ends, so that what is decided of it still holds when it is written. */
async function lockedSource(open: Tx, tenant: number, name: string): Promise<Source | undefined> {
  const named = [tenant, name, parseUuid(name)];
  const { rows } = await open.query<SourceRow>(`${BY_NAME_OR_ID} for update`, named);
  return rows.map(sourceOf)[0];
}

function sourceOf(row: SourceRow): Source {
  return {
    serviceId: row.service_id,
    name: row.name,
    type: row.type,
    endpoint: row.endpoint,
    agentId: row.agent_id,
    partition: row.partition,
    enabled: row.enabled,
    pollIntervalMs: row.poll_interval_ms ?? undefined,
    discoveryIntervalMs: row.discovery_interval_ms ?? undefined,
    settings: row.settings,
    credentialNames: row.credential_names,
    createdMs: row.created_at,
    updatedMs: row.updated_at,
  };
}

/** Who changes which source, and on which agent it runs. */
export interface SourceChange {
  readonly draft: SourceDraft;
  readonly agentId: string;
  readonly actor: string;
  readonly sealer: Sealer;
  /** False: a new source waits until it is enabled. One that exists stays as it is switched. */
  readonly isEnabled?: boolean | undefined;
  /** Hears how the source stands, which nobody changes until this is done; what it throws ends the change. */
  readonly expect?: ((known: Source | undefined) => void) | undefined;
}

/** Makes a source, or changes the one of that name; credentials that are not given stay as they are. The error says what to do. */
export async function applySource(
  db: Db,
  tenant: number,
  change: SourceChange,
): Promise<Result<{ readonly source: Source; readonly outcome: "created" | "changed" }>> {
  return await tx(db, async (open) => {
    const agent = await findAgent(open, tenant, change.agentId);
    if (agent === undefined || agent.revokedMs !== undefined) {
      return err(
        `agent "${change.agentId}" is not known; make it first with: serviceradar-core agent create`,
      );
    }
    const known = await lockedSource(open, tenant, change.draft.name);
    change.expect?.(known);
    const serviceId = known?.serviceId ?? newUuid();
    if (known === undefined) {
      await insertSource(open, tenant, { ...change, serviceId, partition: agent.partition });
    } else await updateSource(open, tenant, { ...change, serviceId, partition: agent.partition });
    const source = await findSource(open, tenant, serviceId);
    if (source === undefined) return err(`source "${change.draft.name}" was not stored`);
    const action = known === undefined ? "source.create" : "source.change";
    const { credentials: set } = change.draft;
    await audit(open, {
      tenant,
      actor: change.actor,
      action,
      subject: source.name,
      before: known,
      // Else it would not tell that a secret was replaced.
      after:
        set === undefined ? source : { ...source, credentials_set: Object.keys(set).toSorted() },
    });
    return ok({ source, outcome: known === undefined ? "created" : "changed" });
  });
}

type SourceWrite = SourceChange & { readonly serviceId: string; readonly partition: string };

function columnsOf(
  { draft, agentId, partition, serviceId, sealer }: SourceWrite,
  tenant: number,
): unknown[] {
  const { credentials } = draft;
  const names = credentials === undefined ? null : Object.keys(credentials).toSorted();
  return [
    tenant,
    serviceId,
    draft.name,
    draft.type,
    draft.endpoint,
    agentId,
    partition,
    draft.pollIntervalMs ?? null,
    draft.discoveryIntervalMs ?? null,
    draft.settings,
    credentials === undefined
      ? null
      : sealCredentials(sealer, credentials, binding(tenant, serviceId)),
    names,
  ];
}

async function insertSource(open: Tx, tenant: number, write: SourceWrite): Promise<void> {
  await open.query("select 1 from sync.tenants where tenant = $1 for update", [tenant]);
  await open.query(
    `insert into sync.sources (tenant, source_no, service_id, name, type, endpoint, agent_id, partition, poll_interval_ms,
            discovery_interval_ms, settings, credentials_sealed, credential_names, enabled)
     values ($1, (select coalesce(max(source_no), 0) + 1 from sync.sources where tenant = $1), $2, $3, $4, $5, $6, $7, $8, $9, $10,
             $11, coalesce($12::text[], '{}'), $13)`,
    [...columnsOf(write, tenant), write.isEnabled ?? true],
  );
}

async function updateSource(open: Tx, tenant: number, write: SourceWrite): Promise<void> {
  await open.query(
    `update sync.sources set name = $3, type = $4, endpoint = $5, agent_id = $6, partition = $7, poll_interval_ms = $8,
            discovery_interval_ms = $9, settings = $10, credentials_sealed = coalesce($11, credentials_sealed),
            credential_names = coalesce($12::text[], credential_names), updated_at = now()
      where tenant = $1 and service_id = $2`,
    columnsOf(write, tenant),
  );
}

function binding(tenant: number, serviceId: string): string {
  return `source:${tenant}:${serviceId}`;
}

function sealCredentials(
  sealer: Sealer,
  credentials: Readonly<Record<string, Secret>>,
  bound: string,
): Buffer {
  const plain = Object.fromEntries(
    Object.entries(credentials).map(([key, secret]) => [key, secret.reveal()]),
  );
  return sealer.seal(new Secret(JSON.stringify(plain)), bound);
}

function openCredentials(
  sealer: Sealer,
  row: SourceRow,
  bound: string,
): Readonly<Record<string, Secret>> | undefined {
  if (row.credentials_sealed === null) return undefined;
  const plain = JSON.parse(sealer.open(row.credentials_sealed, bound).reveal()) as Record<
    string,
    string
  >;
  return Object.fromEntries(Object.entries(plain).map(([key, value]) => [key, new Secret(value)]));
}

/** Switches a source on or off. False if there is none of that name. */
export async function enableSource(
  db: Db,
  tenant: number,
  {
    nameOrId,
    enabled,
    actor,
    expect,
  }: {
    readonly nameOrId: string;
    readonly enabled: boolean;
    readonly actor: string;
    /** As in SourceChange. */
    readonly expect?: ((known: Source) => void) | undefined;
  },
): Promise<boolean> {
  return await tx(db, async (open) => {
    const source = await lockedSource(open, tenant, nameOrId);
    if (source === undefined) return false;
    expect?.(source);
    await open.query(
      "update sync.sources set enabled = $3, updated_at = now() where tenant = $1 and service_id = $2",
      [tenant, source.serviceId, enabled],
    );
    await audit(open, {
      tenant,
      actor,
      action: enabled ? "source.enable" : "source.disable",
      subject: source.name,
      before: { enabled: source.enabled },
      after: { enabled },
    });
    return true;
  });
}

/** Which source is deleted, and what else is done in the same transaction. */
export interface SourceDeletion {
  readonly nameOrId: string;
  readonly actor: string;
  /** Decides about its records; without it they stay. */
  readonly alongside?: ((open: Tx) => Promise<void>) | undefined;
  /** As in SourceChange. */
  readonly expect?: ((known: Source) => void) | undefined;
}

/** Deletes a source: its agent stops pulling it, its credentials are wiped. False if there is none. */
export async function deleteSource(
  db: Db,
  tenant: number,
  { nameOrId, actor, alongside, expect }: SourceDeletion,
): Promise<boolean> {
  return await tx(db, async (open) => {
    const source = await lockedSource(open, tenant, nameOrId);
    if (source === undefined) return false;
    expect?.(source);
    await open.query(
      `update sync.sources set deleted_at = now(), enabled = false, credentials_sealed = null, updated_at = now()
        where tenant = $1 and service_id = $2`,
      [tenant, source.serviceId],
    );
    await audit(open, {
      tenant,
      actor,
      action: "source.delete",
      subject: source.name,
      before: source,
    });
    await alongside?.(open);
    return true;
  });
}

/** Sources of an agent that chunks may speak of, enabled or not. */
export async function sourcesOfAgent(
  db: Queryable,
  tenant: number,
  agentId: string,
): Promise<
  readonly {
    readonly serviceId: string;
    readonly type: string;
    readonly enabled: boolean;
    readonly finalMeansFull: boolean;
  }[]
> {
  const { rows } = await db.query<{
    service_id: string;
    type: string;
    enabled: boolean;
    full: boolean;
  }>(
    `select service_id, type, enabled, coalesce(settings ->> 'final_means_full', '') = 'true' as full from sync.sources
      where tenant = $1 and agent_id = $2 and deleted_at is null order by source_no`,
    [tenant, agentId],
  );
  return rows.map(({ service_id: serviceId, type, enabled, full: finalMeansFull }) => ({
    serviceId,
    type,
    enabled,
    finalMeansFull,
  }));
}

/** Enabled sources of an agent with their credentials open, for its configuration. */
export async function toldSources(
  db: Queryable,
  tenant: number,
  { agentId, sealer }: { readonly agentId: string; readonly sealer: Sealer },
): Promise<readonly ToldSource[]> {
  const { rows } = await db.query<SourceRow>(
    `select ${COLUMNS} from sync.sources
      where tenant = $1 and agent_id = $2 and enabled and deleted_at is null order by name`,
    [tenant, agentId],
  );
  return rows.map((row) => told(row, tenant, sealer));
}

/** One source with its credentials open, enabled or not: what an agent needs to test it. */
export async function toldSource(
  db: Queryable,
  tenant: number,
  { serviceId, sealer }: { readonly serviceId: string; readonly sealer: Sealer },
): Promise<ToldSource | undefined> {
  const { rows } = await db.query<SourceRow>(
    `select ${COLUMNS} from sync.sources where tenant = $1 and service_id = $2 and deleted_at is null`,
    [tenant, serviceId],
  );
  return rows.map((row) => told(row, tenant, sealer))[0];
}

function told(row: SourceRow, tenant: number, sealer: Sealer): ToldSource {
  const credentials = openCredentials(sealer, row, binding(tenant, row.service_id));
  return { ...sourceOf(row), credentials };
}
