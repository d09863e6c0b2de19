/** Runs an act of an operator: one transaction under the tenant's row, audited; a rehearsal is rolled back at its end. */
import type { z } from "@hono/zod-openapi";
import type { Context } from "hono";

import { audit } from "../control/audit.ts";
import { sourceNames } from "../control/source-names.ts";
import type { Tenant } from "../control/tenants.ts";
import { tx, type Tx } from "../db/tx.ts";
import { findAssertions } from "../dire/assertion-list.ts";
import type { NamedDevice } from "../dire/operator-links.ts";
import { Act, type Acted, type Outcome } from "../dire/operator.ts";
import type { Move } from "../dire/publication.ts";
import { namesOfRecords } from "../dire/record-names.ts";
import { holdTenant } from "../inbox/lease.ts";
import { briefDevices, type BriefDevice } from "../inventory/device-list.ts";
import { findDevices, resolveId } from "../inventory/device-store.ts";
import { invariant } from "../lib/invariant.ts";
import type { CanonicalId } from "../model/canonical-id.ts";
import { shownAssertion, shownRecord } from "./assertion-view.ts";
import type { ApiEnv } from "./caller.ts";
import type { ApiContext } from "./context.ts";
import type { outcomeSchema } from "./contract-assertions.ts";
import { Problem } from "./errors.ts";

/** An act as it is asked for. */
export interface Asked {
  readonly tenant: Tenant;
  readonly actor: string;
  readonly reason: string;
  readonly isRehearsal: boolean;
  /** "noun.verb" and what it is done to, for the audit. */
  readonly action: string;
  readonly subject: string;
}

/** Does what `work` says, and gives what came of it. Throws `not_allowed` with the sentence why not. */
export async function act(
  { db, clock }: ApiContext,
  asked: Asked,
  work: (act: Act) => Promise<Acted>,
): Promise<z.infer<typeof outcomeSchema>> {
  const { tenant, actor, reason, isRehearsal, action, subject } = asked;
  return await tx(
    db.forTenant(tenant.tenant),
    async (open) => {
      await holdTenant(open, tenant.tenant);
      const done = await work(new Act(open, tenant.tenant, { actor, reason, atMs: clock.now() }));
      if (!done.ok) throw new Problem("not_allowed", done.error);
      const { made, revoked, moves } = done.value;
      const after = { reason, made, revoked, records_moved: moves.length };
      await audit(open, { tenant: tenant.tenant, actor, action, subject, after });
      return {
        ...(await shownOutcome(open, tenant.tenant, done.value)),
        is_rehearsal: isRehearsal,
      };
    },
    { isRehearsal },
  );
}

/** Who asks, and in which tenant. */
export function who(c: Context<ApiEnv>): Pick<Asked, "tenant" | "actor"> {
  return { tenant: c.get("tenant"), actor: c.get("caller").actor };
}

/** The device that an id leads to. Throws `device_not_found`. */
export async function deviceNamed(
  open: Tx,
  { tenant, slug }: Tenant,
  id: string,
): Promise<NamedDevice> {
  const deviceNo = await resolveId(open, tenant, id.toLowerCase());
  const known =
    deviceNo === undefined
      ? undefined
      : (await findDevices(open, tenant, { deviceNos: [deviceNo], ids: [] })).get(deviceNo);
  if (deviceNo !== undefined && known !== undefined) return { deviceNo, id: known };
  throw new Problem("device_not_found", `tenant "${slug}" has, and had, no device "${id}"`);
}

type Shown = z.infer<typeof outcomeSchema>;

async function shownOutcome(
  open: Tx,
  tenant: number,
  { made, revoked, moves, isPending }: Outcome,
): Promise<Omit<Shown, "is_rehearsal">> {
  const names = await sourceNames(open, tenant);
  const said = await findAssertions(open, tenant, [...made, ...revoked]);
  const shown = (numbers: readonly number[]): Shown["made"] =>
    numbers.flatMap((no) =>
      said.filter(({ assertionNo }) => assertionNo === no).map((one) => shownAssertion(one, names)),
    );
  const records = await namesOfRecords(
    open,
    tenant,
    moves.map(({ recordNo }) => recordNo),
  );
  const ids = [...new Set(moves.flatMap(({ from, to }) => [from, to]))].filter(
    (id) => id !== undefined,
  );
  const brief = new Map((await briefDevices(open, tenant, ids)).map((one) => [one.id, one]));
  return {
    is_pending: isPending,
    made: shown(made),
    revoked: shown(revoked),
    moves: moves.map(({ recordNo, from, to }) => {
      const record = records.get(recordNo);
      invariant(record !== undefined, `record ${recordNo} that moved exists`);
      return { record: shownRecord(record, names), from_id: from, to_id: to };
    }),
    devices: ids.toSorted().map((id) => shownChange(id, { brief: brief.get(id), moves })),
  };
}

function shownChange(
  id: CanonicalId,
  { brief, moves }: { readonly brief: BriefDevice | undefined; readonly moves: readonly Move[] },
): Shown["devices"][number] {
  const after = brief?.recordCount ?? 0;
  const left = moves.filter(({ from }) => from === id).length;
  const came = moves.filter(({ to }) => to === id).length;
  return {
    id,
    hostname: brief?.hostname,
    records_before: after + left - came,
    records_after: after,
  };
}
