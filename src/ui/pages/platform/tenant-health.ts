/** Whether a tenant works, worst first, in a word and the figure that shows it. Pure. */
import type { TenantHealth } from "../../calls/platform.ts";
import type { Shown } from "../run-words.ts";

/** An authority that ends within this time cannot certify an agent for its usual year, ms. */
const AUTHORITY_SOON_MS = 90 * 86_400_000;
/** A chunk that waits longer than this is behind, ms: a batch takes seconds. */
const LAG_MANY_MS = 60_000;
/** A refusal this long ago is over, ms. */
const REFUSED_RECENT_MS = 24 * 3_600_000;

/** How it is shown; `why` where not all is well. */
export function healthShown(
  tenant: TenantHealth,
  nowMs: number,
): Shown & { readonly why?: string | undefined } {
  const { agents, source_counts: sources, inbox, review } = tenant;
  const { authority_not_after: ends, refused_at: refusedAt } = tenant;
  const bad = [
    counted(sources.failing, "source fails", "sources fail"),
    counted(agents.silent, "agent is silent", "agents are silent"),
    counted(inbox.parked, "chunk is parked", "chunks are parked"),
    ends !== undefined && Date.parse(ends) <= nowMs ? "an authority has ended" : undefined,
  ].filter((one) => one !== undefined);
  if (bad.length > 0) return { tone: "bad", word: "Needs help", why: bad.join(", ") };
  const warn = [
    counted(agents.stopped, "agent is stopped", "agents are stopped"),
    counted(sources.stale, "source is stale", "sources are stale"),
    inbox.lag_ms > LAG_MANY_MS ? "the inbox is behind" : undefined,
    counted(review.storms, "publication is held", "publications are held"),
    ends !== undefined && Date.parse(ends) - nowMs < AUTHORITY_SOON_MS
      ? "an authority ends soon"
      : undefined,
    refusedAt !== undefined && nowMs - Date.parse(refusedAt) < REFUSED_RECENT_MS
      ? "calls were refused today"
      : undefined,
  ].filter((one) => one !== undefined);
  if (warn.length > 0) return { tone: "warn", word: "Needs a look", why: warn.join(", ") };
  if (sources.total === 0) return { tone: "idle", word: "Empty", why: "no source yet" };
  return { tone: "good", word: "Healthy" };
}

function counted(count: number, one: string, many: string): string | undefined {
  return count === 0 ? undefined : `${count} ${count === 1 ? one : many}`;
}
