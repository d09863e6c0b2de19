/** Sources as requests find, make and change them. */
import { isDeepStrictEqual } from "node:util";

import type { z } from "@hono/zod-openapi";

import { findAgent } from "../control/agents.ts";
import { readSource, type SourceDraft } from "../control/source-settings.ts";
import { applySource, findSource, type Source } from "../control/sources.ts";
import type { Tenant } from "../control/tenants.ts";
import type { Db } from "../db/pool.ts";
import { SyncError } from "../lib/errors.ts";
import type { ApiContext } from "./context.ts";
import type { appliedSourceSchema } from "./contract-sources.ts";
import { Problem } from "./errors.ts";
import { changesOf, payloadOf, shownSource } from "./source-view.ts";

type Applied = z.infer<typeof appliedSourceSchema>;

/** How often a patch is laid over a source that others change meanwhile: each time one of them has got through. */
const CHANGE_TRIES_MAX = 10;
/** When to come again after that, ms. */
const CHANGED_AGAIN_MS = 1_000;

/** A source by its name or id; an unknown one is a problem of the request. */
export async function sourceNamed(
  db: Db,
  { tenant, slug }: Tenant,
  nameOrId: string,
): Promise<Source> {
  const source = await findSource(db, tenant, nameOrId);
  if (source !== undefined) return source;
  throw new Problem("source_not_found", `tenant "${slug}" has no source "${nameOrId}"`);
}

/**
 * What a draft by itself does not show: a source's records are keyed by what its type calls its devices, so another type
 * under the same id would mix two systems.
 */
async function checkDrafts(
  db: Db,
  { tenant: { tenant }, agentId }: Applying,
  drafts: readonly SourceDraft[],
): Promise<void> {
  const agent = await findAgent(db, tenant, agentId);
  for (const { name, type, partition = agent?.partition } of drafts) {
    if (agent !== undefined && partition !== agent.partition) {
      throw new Problem(
        "invalid_source",
        `source "${name}": partition "${partition}" is not that of agent "${agentId}", which is in "${agent.partition}"; leave it out, or name an agent there`,
      );
    }
    const known = await findSource(db, tenant, name);
    if (known === undefined || known.type === type) continue;
    throw new Problem(
      "invalid_source",
      `source "${name}": type is ${known.type} and cannot become ${type}; choose another name, or delete the source first`,
    );
  }
}

/** Whose sources are made or changed, by whom, and which agent is to run them. */
export interface Applying {
  readonly tenant: Tenant;
  readonly agentId: string;
  readonly actor: string;
  readonly isEnabled?: boolean;
  /** As in SourceChange. */
  readonly expect?: ((known: Source | undefined) => void) | undefined;
}

/** Makes or changes sources, all of which are checked before the first is stored. Throws `invalid_source`, `agent_not_found`. */
export async function applyDrafts(
  context: ApiContext,
  applying: Applying,
  drafts: readonly SourceDraft[],
): Promise<Applied[]> {
  await checkDrafts(context.db.forTenant(applying.tenant.tenant), applying, drafts);
  const applied: Applied[] = [];
  for (const draft of drafts) applied.push(await store(context, applying, draft));
  return applied;
}

async function store(
  { db: dbs, sealer }: ApiContext,
  { tenant, agentId, actor, isEnabled, expect }: Applying,
  draft: SourceDraft,
): Promise<Applied> {
  const db = dbs.forTenant(tenant.tenant);
  const before = await findSource(db, tenant.tenant, draft.name);
  const change = { draft, agentId, actor, sealer, isEnabled, expect };
  const stored = await applySource(db, tenant.tenant, change);
  if (!stored.ok) throw new Problem("agent_not_found", stored.error);
  const { source, outcome } = stored.value;
  return {
    outcome,
    changes: before === undefined ? [] : changesOf(before, source),
    credentials_set: Object.keys(draft.credentials ?? {}).toSorted(),
    source: shownSource(source),
  };
}

/** Which source is changed, and how. */
interface Changing extends Omit<Applying, "agentId"> {
  readonly nameOrId: string;
  /** Absent: the one that has it. */
  readonly agentId: string | undefined;
  readonly patch: Readonly<Record<string, unknown>>;
}

/**
 * Lays a patch over a source as it stands. Where another changed it while the patch was checked, it is laid over that anew, so that two
 * who change different members at once both have their way.
 */
export async function changeSource(
  context: ApiContext,
  { tenant, nameOrId, agentId, patch, actor, expect }: Changing,
): Promise<Applied> {
  const db = context.db.forTenant(tenant.tenant);
  for (let tries = 0; tries < CHANGE_TRIES_MAX; tries += 1) {
    const known = await sourceNamed(db, tenant, nameOrId);
    expect?.(known);
    const draft = patched(known, patch);
    const expectKnown = (now: Source | undefined): void => {
      if (!isDeepStrictEqual(now, known)) throw new ChangedBeneath();
    };
    const applying = { tenant, agentId: agentId ?? known.agentId, actor, expect: expectKnown };
    await checkDrafts(db, applying, [draft]);
    try {
      return await store(context, applying, draft);
    } catch (thrown) {
      if (!(thrown instanceof ChangedBeneath)) throw thrown;
    }
  }
  throw new SyncError("busy", `source "${nameOrId}" is being changed by others`, {
    retry: { afterMs: CHANGED_AGAIN_MS },
  });
}

/** A source is not any more what a patch was laid over. */
class ChangedBeneath extends Error {}

/** Members that other requests change, or that nothing does. */
const FIXED: Readonly<Record<string, string>> = {
  name: "a source keeps its name",
  enabled: "use enable or disable",
};

function patched(known: Source, patch: Readonly<Record<string, unknown>>): SourceDraft {
  const fixed = Object.keys(patch).find((member) => member in FIXED);
  if (fixed !== undefined) {
    throw new Problem("invalid_source", `source "${known.name}": ${fixed}: ${FIXED[fixed]}`);
  }
  const members = Object.entries({ ...payloadOf(known), ...patch });
  const payload = Object.fromEntries(members.filter(([, value]) => value !== null));
  const draft = readSource(known.name, payload);
  if (draft.ok) return draft.value;
  throw new Problem("invalid_source", `source "${known.name}": ${draft.error}`);
}
