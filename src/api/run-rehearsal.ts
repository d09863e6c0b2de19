import { auditAlone } from "../control/audit.ts";
import { findSource } from "../control/sources.ts";
import type { Rehearsal } from "../dire/rehearsal-store.ts";
import { rehearse } from "../dire/rehearsal.ts";
import { claimRehearsal } from "../dire/snapshot-store.ts";
import type { ApiContext } from "./context.ts";
import { Problem } from "./errors.ts";

/** Plays a rehearsal that has its chunks, and audits what it promises. Throws a Problem where it cannot be played. */
export async function runRehearsal(
  { db: dbs, clock }: Pick<ApiContext, "db" | "clock">,
  tenant: number,
  { rehearsal, actor }: { readonly rehearsal: Rehearsal; readonly actor: string },
): Promise<void> {
  const db = dbs.forTenant(tenant);
  const { rehearsalNo, instance, chunks } = rehearsal;
  if (rehearsal.endedMs !== undefined) throw rehearsalEnded(rehearsalNo);
  // An agent that found nothing says so, and what that would do is worth knowing.
  if (chunks === 0 && rehearsal.agentId === undefined) {
    throw new Problem("invalid_request", `rehearsal ${rehearsalNo} has no chunks; add some first`);
  }
  const source = await findSource(db, tenant, instance);
  if (source === undefined) throw new Problem("source_not_found", "the source was deleted");
  const plays = await claimRehearsal(db, tenant, rehearsalNo);
  if (plays === undefined) throw rehearsalEnded(rehearsalNo);
  const { serviceId, type, partition } = source;
  const promised = await rehearse({ db, clock }, tenant, {
    rehearsalNo,
    chunks,
    plays,
    source: { instance: serviceId, sourceType: type, partition },
  });
  const subject = `rehearsal ${rehearsalNo} of source ${source.name}`;
  await auditAlone(db, { tenant, actor, action: "source.rehearse", subject, after: promised });
}

/** It takes no chunks, and is not played again. */
export function rehearsalEnded(rehearsalNo: number): Problem {
  return new Problem("rehearsal_ended", `rehearsal ${rehearsalNo} has ended; open another one`);
}
