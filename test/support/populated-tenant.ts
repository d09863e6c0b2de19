/** A tenant of the API with something of everything, all of it bearing a mark. */
import { queueCommand } from "../../src/control/commands.ts";
import type { TestApi } from "./api-over.ts";
import { feed, settle } from "./dire.ts";
import { leaseOf } from "./tenant-lease.ts";

/** Names for the parameters of paths. */
export type Names = Readonly<
  Record<
    | "agent_id"
    | "source"
    | "run"
    | "retraction_no"
    | "inbox_no"
    | "device_id"
    | "token_no"
    | "command_id"
    | "rehearsal"
    | "hold"
    | "change",
    string
  >
>;

/** Fills a tenant that has been made; gives what its parts are called. */
export async function populate({ ask, db }: TestApi, tenant: string, mark: string): Promise<Names> {
  const root = `/api/v1/tenants/${tenant}`;
  await ask(`POST ${root}/agents`, { body: { agent_id: mark } });
  const endpoint = `https://${mark}.example`;
  const { json } = await ask<{ applied: { source: { id: string } }[] }>(
    `POST ${root}/sources?agent_id=${mark}`,
    {
      body: {
        sources: {
          [mark]: { type: "netbox", endpoint, credentials: { api_token: `${mark}-secret` } },
        },
      },
    },
  );
  const source = json.applied[0]?.source.id ?? "";
  const lease = await leaseOf(db, tenant);
  await feed(db, lease, [
    {
      source: "netbox",
      hostname: mark,
      timestamp: "2026-01-01T00:00:00Z",
      ip: "10.0.0.1",
      metadata: { integration_id: mark, netbox_device_id: mark, sync_service_id: source },
    },
  ]);
  await settle(db, lease);
  await db.query(
    `insert into sync.runs (tenant, run_no, agent_id, run_id, instance_no, kind, started_at, active_at)
     values ($1, $2, $3, $3, 1, 'full', now(), now())`,
    [lease.tenant, 700 + lease.tenant, mark],
  );
  const { rows: parked } = await db.query<{ inbox_no: number }>(
    `insert into sync.inbox (tenant, agent_id, run_id, chunk_index, sender, raw_bytes, body, parked_reason)
     values ($1, $2, $2, 0, '{}', 1, '', $2) returning inbox_no`,
    [lease.tenant, mark],
  );
  await db.query(
    `insert into sync.retractions (tenant, retraction_no, run_no, instance_no, partition_no, reason, state, records, wanted, present)
     values ($1, 800 + $1, $2, 1, 1, 'absent', 'held', '{}', 1, 1)`,
    [lease.tenant, 700 + lease.tenant],
  );
  await db.query(
    "insert into sync.refusals (tenant, agent_id, code, message, refused) values ($1, $2, 'c', $2, 1)",
    [lease.tenant, mark],
  );
  await db.query(
    "insert into sync.rehearsals (tenant, rehearsal_no, instance, actor) values ($1, 1, $2, $2)",
    [lease.tenant, mark],
  );
  await db.query(
    `insert into sync.holds (tenant, hold_no, run_no, records, record_count, shrinks, ids, devices, changes)
     values ($1, 1, $2, '{}', 0, 0, 0, 0, json_build_array(json_build_object(
            'id', $3::text, 'to_id', $3::text, 'names', '[]'::json, 'to_names', '[]'::json, 'in_common', '[]'::json)))`,
    [lease.tenant, 700 + lease.tenant, mark],
  );
  const { json: change } = await ask<{ change_no: number }>(`POST ${root}/tag-changes`, {
    body: { query: "in:devices", add: { mark } },
  });
  const { json: list } = await ask<{ devices: { id: string }[] }>(`GET ${root}/devices`);
  return {
    agent_id: mark,
    source,
    run: mark,
    retraction_no: `${800 + lease.tenant}`,
    inbox_no: `${parked[0]?.inbox_no ?? 0}`,
    device_id: list.devices[0]?.id ?? "",
    token_no: "1",
    command_id: await queueCommand(db, lease.tenant, {
      agentId: mark,
      type: "sync.run_now",
      serviceId: source,
      payload: { name: mark },
      ttlSeconds: 60,
      actor: mark,
    }),
    rehearsal: "1",
    hold: "1",
    change: String(change.change_no),
  };
}
