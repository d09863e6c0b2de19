/** How all tenants stand, for a scrape: a few statements that count what waits and find the newest run of each source. */
import type { Queryable } from "../db/session.ts";
import { countRestless } from "../dire/restless-store.ts";
import { POLL_INTERVAL_DEFAULT_MS } from "../model/sync-payload.ts";
import type { GaugeName, Sample } from "./metric-list.ts";

/** Asks the database; `nowMs` is what ages are counted from. */
export async function readStanding(
  db: Queryable,
  nowMs: number,
): Promise<readonly Sample<GaugeName>[]> {
  return [
    ...(await standingOfTenants(db, nowMs)),
    ...(await standingOfIdentity(db)),
    ...(await standingOfSources(db)),
    ...(await standingOfAgents(db, nowMs)),
  ];
}

type TenantRow = {
  slug: string;
  waiting: number;
  bytes: number;
  oldest: number | null;
  parked: number;
  unpublished: number;
  publications: number;
  retractions: number;
  conflicts: number;
  is_leased: boolean;
};

async function standingOfTenants(db: Queryable, nowMs: number): Promise<Sample<GaugeName>[]> {
  const { rows } = await db.query<TenantRow>(
    `select t.slug, coalesce(w.waiting, 0) as waiting, coalesce(w.bytes, 0) as bytes, w.oldest, coalesce(w.parked, 0) as parked,
            (select count(*) from sync.dirty d where d.tenant = t.tenant) as unpublished,
            (select count(*) from sync.holds h where h.tenant = t.tenant and h.ended_at is null) as publications,
            (select count(*) from sync.retractions r where r.tenant = t.tenant and r.state = 'held') as retractions,
            (select count(*) from sync.quarantine q where q.tenant = t.tenant) as conflicts,
            g.lease_until > now() as is_leased
       from sync.tenants t
       join sync.tenant_ingest g on g.tenant = t.tenant
       left join (
         select tenant, count(*) filter (where parked_reason is null) as waiting,
                sum(raw_bytes) filter (where parked_reason is null) as bytes,
                min(received_at) filter (where parked_reason is null) as oldest,
                count(*) filter (where parked_reason is not null) as parked
           from sync.inbox group by tenant) w on w.tenant = t.tenant`,
  );
  return rows.flatMap((row): Sample<GaugeName>[] => {
    const labels = { tenant: row.slug };
    const values: Partial<Record<GaugeName, number>> = {
      srs_inbox_chunks: row.waiting,
      srs_inbox_bytes: row.bytes,
      srs_ingest_lag_seconds: row.oldest === null ? 0 : Math.max(0, nowMs - row.oldest) / 1_000,
      srs_inbox_parked: row.parked,
      srs_unpublished_batches: row.unpublished,
      srs_publications_held: row.publications,
      srs_retractions_held: row.retractions,
      srs_merge_conflicts_open: row.conflicts,
      srs_lease_held: row.is_leased ? 1 : 0,
    };
    return samples(labels, values);
  });
}

async function standingOfIdentity(db: Queryable): Promise<Sample<GaugeName>[]> {
  const name = "srs_identity_flapping";
  return (await countRestless(db)).flatMap(({ slug: tenant, records, values }) => [
    { name, labels: { tenant, kind: "records" }, value: records },
    { name, labels: { tenant, kind: "values" }, value: values },
  ]);
}

type SourceRow = {
  slug: string;
  source: string;
  enabled: boolean;
  poll_ms: number;
  outcome: string | null;
  started: number | null;
  ended: number | null;
  created: number | null;
  changed: number | null;
  unchanged: number | null;
  rejected: number | null;
  succeeded: number | null;
};

async function standingOfSources(db: Queryable): Promise<Sample<GaugeName>[]> {
  const { rows } = await db.query<SourceRow>(
    `select t.slug, s.name as source, s.enabled, coalesce(s.poll_interval_ms, $1) as poll_ms,
            r.outcome, r.started_at as started, r.ended_at as ended, r.created, r.changed, r.unchanged, r.rejected, g.ended_at as succeeded
       from sync.sources s
       join sync.tenants t on t.tenant = s.tenant
       left join sync.instances i on i.tenant = s.tenant and i.name = s.service_id::text
       left join lateral (
         select outcome, started_at, ended_at, created, changed, unchanged, rejected from sync.runs r where r.tenant = i.tenant and r.instance_no = i.instance_no and r.outcome <> 'running'
          order by r.run_no desc limit 1) r on true
       left join lateral (
         select ended_at from sync.runs r where r.tenant = i.tenant and r.instance_no = i.instance_no and r.outcome = 'success'
          order by r.run_no desc limit 1) g on true
      where s.deleted_at is null`,
    [POLL_INTERVAL_DEFAULT_MS],
  );
  return rows.flatMap((row): Sample<GaugeName>[] => {
    const labels = { tenant: row.slug, source: row.source };
    const { enabled, poll_ms: pollMs, started, ended, outcome, succeeded } = row;
    const own = samples(labels, {
      ...(enabled ? { srs_source_poll_interval_seconds: pollMs / 1_000 } : {}),
      ...(succeeded === null
        ? {}
        : { srs_source_last_success_timestamp_seconds: succeeded / 1_000 }),
      ...(started === null || ended === null
        ? {}
        : { srs_source_run_duration_seconds: (ended - started) / 1_000 }),
    });
    if (outcome === null || ended === null) return own;
    const last = "srs_source_last_run_timestamp_seconds";
    return [
      ...own,
      { name: last, labels: { ...labels, outcome }, value: ended / 1_000 },
      ...(["created", "changed", "unchanged", "rejected"] as const).map((op) => ({
        name: "srs_source_devices" as const,
        labels: { ...labels, op },
        value: row[op] ?? 0,
      })),
    ];
  });
}

async function standingOfAgents(db: Queryable, nowMs: number): Promise<Sample<GaugeName>[]> {
  const { rows } = await db.query<{
    slug: string;
    agent: string;
    ends: number | null;
    seen: number | null;
  }>(
    `select t.slug, a.agent_id as agent, a.certificate_not_after as ends, a.last_seen_at as seen
       from sync.agents a join sync.tenants t on t.tenant = a.tenant where a.revoked_at is null`,
  );
  return rows.flatMap(({ slug, agent, ends, seen }) =>
    samples(
      { tenant: slug, agent },
      {
        ...(ends === null ? {} : { srs_cert_expiry_seconds: (ends - nowMs) / 1_000 }),
        ...(seen === null ? {} : { srs_agent_last_seen_timestamp_seconds: seen / 1_000 }),
      },
    ),
  );
}

function samples(
  labels: Sample<string>["labels"],
  values: Partial<Record<GaugeName, number>>,
): Sample<GaugeName>[] {
  return Object.entries(values).map(([name, value]) => ({
    name: name as GaugeName,
    labels,
    value,
  }));
}
