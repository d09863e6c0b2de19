/**
 * Commands to agents: what an operator asks for is a row; the gateway that holds the agent's control stream takes it, and what
 * the agent answers comes back into the row. So it works over any number of replicas, and whoever asked may ask anywhere.
 *
 *   pending ──► sent ──► acknowledged ──► succeeded | failed
 *      └───────────┴───────────┴────────► expired: nothing was heard of it for its time to live
 */
import type { Db } from "../db/pool.ts";
import type { Queryable } from "../db/session.ts";
import { tx, type Tx } from "../db/tx.ts";
import { newUuid } from "../lib/clock.ts";
import { parseUuid } from "../lib/uuid.ts";
import { audit } from "./audit.ts";

/** Where a command stands. */
type CommandState = "pending" | "sent" | "acknowledged" | "succeeded" | "failed" | "expired";

/** A command as it stands. */
export interface Command {
  readonly commandId: string;
  readonly agentId: string;
  readonly type: string;
  readonly serviceId: string | undefined;
  /** The rehearsal that it is for. */
  readonly rehearsalNo: number | undefined;
  readonly state: CommandState;
  readonly progressPercent: number | undefined;
  readonly message: string | undefined;
  /** JSON that the agent answered. */
  readonly result: unknown;
  readonly actor: string;
  readonly createdMs: number;
  readonly endedMs: number | undefined;
}

/** What is asked of an agent. */
export interface WantedCommand {
  readonly agentId: string;
  readonly type: string;
  readonly serviceId?: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly ttlSeconds: number;
  readonly actor: string;
}

type CommandRow = {
  command_id: string;
  agent_id: string;
  type: string;
  service_id: string | null;
  rehearsal_no: number | null;
  state: CommandState;
  progress_percent: number | null;
  message: string | null;
  result: unknown;
  actor: string;
  created_at: number;
  ended_at: number | null;
};
const COLUMNS = `command_id, agent_id, type, service_id, (payload ->> 'rehearsal_no')::int as rehearsal_no,
  case when ended_at is null and case when state = 'acknowledged' then changed_at else created_at end
              + ttl_seconds * interval '1 s' < now() then 'expired' else state end as state,
  progress_percent, message, result, actor, created_at, ended_at`;

/** Queues a command. */
export async function queueCommand(db: Db, tenant: number, wanted: WantedCommand): Promise<string> {
  return await tx(db, (open) => queueIn(open, tenant, wanted));
}

async function queueIn(open: Tx, tenant: number, wanted: WantedCommand): Promise<string> {
  const commandId = newUuid();
  const { agentId, type, serviceId, payload, ttlSeconds, actor } = wanted;
  await open.query(
    `insert into sync.commands (tenant, command_id, agent_id, type, service_id, payload, ttl_seconds, actor)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [tenant, commandId, agentId, type, serviceId ?? null, payload, ttlSeconds, actor],
  );
  const after = { command_id: commandId, service_id: serviceId };
  await audit(open, { tenant, actor, action: `command.${type}`, subject: agentId, after });
  return commandId;
}

/** A command by its id. */
export async function findCommand(
  db: Queryable,
  tenant: number,
  commandId: string,
): Promise<Command | undefined> {
  const { rows } = await db.query<CommandRow>(
    `select ${COLUMNS} from sync.commands where tenant = $1 and command_id = $2`,
    [tenant, parseUuid(commandId)],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  return {
    commandId: row.command_id,
    agentId: row.agent_id,
    type: row.type,
    serviceId: row.service_id ?? undefined,
    rehearsalNo: row.rehearsal_no ?? undefined,
    state: row.state,
    progressPercent: row.progress_percent ?? undefined,
    message: row.message ?? undefined,
    result: row.result ?? undefined,
    actor: row.actor,
    createdMs: row.created_at,
    endedMs: row.ended_at ?? undefined,
  };
}

/** A command on its way to its agent. */
export interface OutgoingCommand {
  readonly commandId: string;
  readonly type: string;
  readonly serviceId: string | undefined;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly ttlSeconds: number;
  readonly createdMs: number;
}

/** Commands taken for one agent at once: more would wait for the next look. */
const TAKEN_MAX = 20;

/** Takes an agent's pending commands, oldest first. Each is taken once: an agent that never got it lets it expire. */
export async function takeCommands(
  db: Queryable,
  tenant: number,
  agentId: string,
): Promise<readonly OutgoingCommand[]> {
  const { rows } = await db.query<{
    command_id: string;
    type: string;
    service_id: string | null;
    payload: Record<string, unknown>;
    ttl_seconds: number;
    created_at: number;
  }>(
    `update sync.commands c set state = 'sent', changed_at = now()
      where c.tenant = $1 and c.command_id in (
        select command_id from sync.commands
         where tenant = $1 and agent_id = $2 and ended_at is null and state = 'pending'
           and created_at + ttl_seconds * interval '1 s' >= now()
         order by created_at limit $3 for update skip locked)
      returning command_id, type, service_id, payload, ttl_seconds, created_at`,
    [tenant, agentId, TAKEN_MAX],
  );
  return rows
    .map((row) => ({
      commandId: row.command_id,
      type: row.type,
      serviceId: row.service_id ?? undefined,
      payload: row.payload,
      ttlSeconds: row.ttl_seconds,
      createdMs: row.created_at,
    }))
    .toSorted((a, b) => a.createdMs - b.createdMs);
}

/** What an agent says of a command. */
export interface CommandNews {
  readonly agentId: string;
  readonly commandId: string;
  readonly state: "acknowledged" | "succeeded" | "failed";
  readonly message: string;
  readonly progressPercent?: number;
  /** JSON; absent: what was there stays. */
  readonly result?: unknown;
}

/** Longest message of an agent that is kept, characters. */
const MESSAGE_CHARS_MAX = 1_000;

/** Notes what an agent says of a command of its own; what comes after the end, or of another agent's command, changes nothing. */
export async function noteCommand(db: Queryable, tenant: number, news: CommandNews): Promise<void> {
  const { agentId, commandId, state, message, progressPercent, result } = news;
  await db.query(
    `update sync.commands set state = $4, message = $5, progress_percent = coalesce($6, progress_percent),
            result = coalesce($7::json, result), changed_at = now(),
            ended_at = case when $4 in ('succeeded', 'failed') then now() end
      where tenant = $1 and agent_id = $2 and command_id = $3 and ended_at is null`,
    [
      tenant,
      agentId,
      // No UUID is null, which is no command's.
      parseUuid(commandId),
      state,
      message.slice(0, MESSAGE_CHARS_MAX),
      progressPercent ?? null,
      result === undefined ? null : JSON.stringify(result),
    ],
  );
}

/** Whether an agent has a command of a type that has neither ended nor expired. */
export async function findOpenCommand(
  db: Queryable,
  tenant: number,
  { agentId, type }: { readonly agentId: string; readonly type: string },
): Promise<boolean> {
  const { rows } = await db.query(
    `select 1 from sync.commands where tenant = $1 and agent_id = $2 and type = $3 and ended_at is null
        and created_at + ttl_seconds * interval '1 s' >= now() limit 1`,
    [tenant, agentId, type],
  );
  return rows.length > 0;
}
