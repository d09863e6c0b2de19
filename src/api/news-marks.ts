/** What tells that something of a tenant has changed, read so cheaply that it may be looked at every second. */
import type { Queryable } from "../db/session.ts";

/** What a page can be told of. */
const TOPICS = ["runs", "sources", "agents", "inbox", "commands", "devices"] as const;

/** One of TOPICS. */
export type Topic = (typeof TOPICS)[number];

/** Of each topic what its pages show first; another text means that something there has changed. */
export type Marks = Readonly<Record<Topic, Readonly<Record<string, unknown>>>>;

/** Agents that were not heard of for so long are away; see agents.ts. */
const ONLINE = "interval '90 seconds'";

/** Each reads an index's end, or a table of few rows. Works through a pooler, which LISTEN does not, and with any number of replicas. */
const MARKS = `
  select
   (select json_build_object('newest', coalesce(max(run_no), 0),
           'running', (select count(*) from sync.runs where tenant = $1 and outcome = 'running'),
           'entries', (select coalesce(sum(entries), 0) from sync.runs where tenant = $1 and outcome = 'running'))
      from sync.runs where tenant = $1) as runs,
   (select json_build_object('sources', count(*) filter (where deleted_at is null), 'changed_at', max(updated_at),
           'deleted_at', max(deleted_at))
      from sync.sources where tenant = $1) as sources,
   (select json_build_object('agents', count(*), 'online', count(*) filter (where last_seen_at > now() - ${ONLINE}),
           'stopped_at', max(stopped_at),
           'greeted_at', max(last_hello_at), 'configured_at', max(config_running_at), 'revoked_at', max(revoked_at))
      from sync.agents where tenant = $1) as agents,
   (select json_build_object('waiting', count(*) filter (where parked_reason is null),
           'parked', count(*) filter (where parked_reason is not null), 'newest', coalesce(max(inbox_no), 0))
      from sync.inbox where tenant = $1) as inbox,
   (select json_build_object('open', count(*), 'changed_at', max(changed_at))
      from sync.commands where tenant = $1 and ended_at is null) as commands,
   (select json_build_object('published', next_device_no, 'worked', next_seq, 'asserted', next_assertion_no,
           'unpublished', exists (select from sync.dirty where tenant = $1),
           'held', (select count(*) from sync.holds where tenant = $1 and ended_at is null))
      from sync.tenant_ingest where tenant = $1) as devices`;

/** Reads the marks of a tenant. */
export async function readMarks(db: Queryable, tenant: number): Promise<Marks> {
  const { rows } = await db.query<Record<Topic, Readonly<Record<string, unknown>> | null>>(MARKS, [
    tenant,
  ]);
  const [row] = rows;
  const of = (topic: Topic): Readonly<Record<string, unknown>> => row?.[topic] ?? {};
  return {
    runs: of("runs"),
    sources: of("sources"),
    agents: of("agents"),
    inbox: of("inbox"),
    commands: of("commands"),
    devices: of("devices"),
  };
}

/** Topics in which something changed between two looks. */
export function changedTopics(before: Marks, after: Marks): readonly Topic[] {
  return TOPICS.filter((topic) => JSON.stringify(before[topic]) !== JSON.stringify(after[topic]));
}
