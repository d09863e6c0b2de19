/** Looks for derived rows that no record leads to: devices without records, ids that lead nowhere, states of values nobody holds. */
import type { Tx } from "../db/tx.ts";
import { idOfUuid, removeDevices } from "../inventory/device-store.ts";
import type { Difference } from "./difference.ts";
import type { Block, BlockOutcome } from "./rederive-block.ts";
import { nameOfState, typeOfNumber } from "./value-store.ts";

/** Rows of a block: each is small, and most are only looked at. */
const ROWS_PER_BLOCK = 20_000;
/** Merges followed from an id to the device that has it now; each is of another time, so a longer chain is a circle. */
const MERGES_FOLLOWED_MAX = 1_000;

/** Devices that no record belongs to go. */
export async function sweepDevices({ open, tenant, after }: Block): Promise<BlockOutcome> {
  const { rows } = await open.query<{ device_no: number; device_id: string; has_members: boolean }>(
    `select device_no, device_id,
            exists (select from sync.members m where m.tenant = d.tenant and m.device_no = d.device_no) as has_members
       from sync.devices d where tenant = $1 and device_no > $2 order by device_no limit $3`,
    [tenant, Number(after), ROWS_PER_BLOCK],
  );
  const lost = rows.filter((row) => !row.has_members);
  await removeDevices(
    open,
    tenant,
    lost.map((row) => row.device_no),
  );
  const differences = lost.map((row) =>
    difference("devices", idOfUuid(row.device_id), "a device without records"),
  );
  return outcome(rows, differences, (row) => String(row.device_no));
}

/** Ids that were merged away and lead nowhere are aliases again. */
export async function sweepMerges({ open, tenant, after }: Block): Promise<BlockOutcome> {
  const { rows } = await open.query<{ merge_no: number; from_id: string; leads: boolean }>(
    `select m.merge_no, m.from_device_id as from_id,
            exists (select from sync.devices d where d.tenant = m.tenant and d.device_id = m.from_device_id)
         or exists (select from sync.aliases a where a.tenant = m.tenant and a.device_id = m.from_device_id) as leads
       from sync.merge_audit m where m.tenant = $1 and m.merge_no > $2 order by m.merge_no limit $3`,
    [tenant, Number(after), ROWS_PER_BLOCK],
  );
  const lost = [...new Set(rows.filter((row) => !row.leads).map((row) => row.from_id))];
  const differences: Difference[] = [];
  for (const id of lost) differences.push(await mendAlias(open, tenant, id));
  return outcome(rows, differences, (row) => String(row.merge_no));
}

/** Aliases that are a device's own id go; those that lead to no device follow the merge audit. */
export async function sweepAliases({ open, tenant, after }: Block): Promise<BlockOutcome> {
  const { rows } = await open.query<{ device_id: string; leads: boolean; is_own: boolean }>(
    `select a.device_id,
            exists (select from sync.devices d where d.tenant = a.tenant and d.device_no = a.device_no) as leads,
            exists (select from sync.devices d where d.tenant = a.tenant and d.device_id = a.device_id) as is_own
       from sync.aliases a where a.tenant = $1 and ($2 = '' or a.device_id > nullif($2, '')::uuid)
      order by a.device_id limit $3`,
    [tenant, after, ROWS_PER_BLOCK],
  );
  const differences: Difference[] = [];
  for (const { device_id: id, leads, is_own: isOwn } of rows) {
    if (leads && !isOwn) continue;
    await open.query("delete from sync.aliases where tenant = $1 and device_id = $2", [tenant, id]);
    differences.push(
      isOwn
        ? difference("aliases", idOfUuid(id), "an alias of an id that is a device's own")
        : await mendAlias(open, tenant, id),
    );
  }
  return outcome(rows, differences, (row) => row.device_id);
}

/** States of values that no record holds go. */
export async function sweepValues({ open, tenant, after }: Block): Promise<BlockOutcome> {
  const [partition = 0, type = 0, value = ""] =
    after === "" ? [] : (JSON.parse(Buffer.from(after, "base64url").toString()) as Key);
  const { rows } = await open.query<{
    p: number;
    t: number;
    v: string;
    state: number;
    held: boolean;
  }>(
    `select s.partition_no as p, s.type as t, s.value as v, s.state,
            exists (select from sync.facts f where f.tenant = s.tenant and f.partition_no = s.partition_no
                       and f.type = s.type and f.value = s.value) as held
       from sync.value_states s where s.tenant = $1 and (s.partition_no, s.type, s.value) > ($2, $3::smallint, $4)
      order by s.partition_no, s.type, s.value limit $5`,
    [tenant, partition, type, value, ROWS_PER_BLOCK],
  );
  const lost = rows.filter(({ held }) => !held);
  for (const { p, t, v } of lost) {
    await open.query(
      "delete from sync.value_states where tenant = $1 and partition_no = $2 and type = $3 and value = $4",
      [tenant, p, t, v],
    );
  }
  const differences = lost.map(({ t, v, state }) =>
    difference("value_states", `${typeOfNumber(t) ?? t}:${v}`, nameOfState(state)),
  );
  return outcome(rows, differences, ({ p, t, v }) =>
    Buffer.from(JSON.stringify([p, t, v])).toString("base64url"),
  );
}

type Key = [number, number, string];

function difference(table: Difference["table"], key: string, before: unknown): Difference {
  return { table, key, before, after: null };
}

function outcome<Row>(
  rows: readonly Row[],
  differences: readonly Difference[],
  keyOf: (row: Row) => string,
): BlockOutcome {
  const last = rows.at(-1);
  const isWhole = rows.length === ROWS_PER_BLOCK && last !== undefined;
  return { differences, looked: rows.length, next: isWhole ? keyOf(last) : undefined };
}

/** Points an id at the device that its merges lead to. */
async function mendAlias(open: Tx, tenant: number, uuid: string): Promise<Difference> {
  const heir = await heirOf(open, tenant, uuid);
  if (heir !== undefined) {
    await open.query(
      `insert into sync.aliases (tenant, device_id, device_no, reason) values ($1, $2, $3, 'rederived')`,
      [tenant, uuid, heir.deviceNo],
    );
  }
  const after = heir === undefined ? "no merge tells where it leads" : idOfUuid(heir.uuid);
  return { table: "aliases", key: idOfUuid(uuid), before: "leads nowhere", after };
}

type Heir = { readonly deviceNo: number; readonly uuid: string };

async function heirOf(open: Tx, tenant: number, uuid: string): Promise<Heir | undefined> {
  let at = uuid;
  for (let step = 0; step < MERGES_FOLLOWED_MAX; step += 1) {
    const { rows } = await open.query<{
      device_no: number | null;
      device_id: string | null;
      next: string;
    }>(
      `select d.device_no, d.device_id, m.to_device_id as next from (
         select to_device_id from sync.merge_audit
          where tenant = $1 and from_device_id = $2 order by merge_no desc limit 1) m
         left join sync.aliases a on a.tenant = $1 and a.device_id = m.to_device_id
         left join sync.devices d on d.tenant = $1 and (d.device_id = m.to_device_id or d.device_no = a.device_no)`,
      [tenant, at],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    if (row.device_no !== null && row.device_id !== null) {
      return { deviceNo: row.device_no, uuid: row.device_id };
    }
    at = row.next;
  }
  return undefined;
}
