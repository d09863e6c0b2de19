/** Devices as the original's REST API gives them: OCSF's members, the newest seen first, by offset. */
import type { Queryable } from "../db/session.ts";

/** Which devices are wanted; absent filters let everything pass. */
export interface CompatFilter {
  /** Part of a hostname, address or uid, whatever the case. */
  readonly search?: string | undefined;
  readonly isAvailable?: boolean | undefined;
  readonly type?: string | undefined;
  readonly typeId?: number | undefined;
  /** RFC 3339. */
  readonly firstSeenAfter?: string | undefined;
  readonly lastSeenAfter?: string | undefined;
  readonly uid?: string | undefined;
}

/** A device as PostgreSQL writes it in JSON. */
export type CompatDevice = Readonly<Record<string, unknown>>;

/** The columns of platform.ocsf_devices (0005-compat.sql); spelt out, since that view may stand in another schema, and is slow by uid. */
const DEVICE = `
  json_build_object(
    'uid', 'sr:' || d.device_id, 'type_id', d.type_id, 'type', coalesce(d.type, 'Unknown'),
    'name', coalesce(d.hostname, host(d.ip)), 'hostname', d.hostname, 'ip', host(d.ip), 'mac', d.mac, 'uid_alt', null,
    'vendor_name', d.vendor_name, 'model', d.model,
    'domain', case when d.hostname ~ '^[^.\\s]+\\.[^\\s]*[A-Za-z][^\\s]*$' then substr(d.hostname, strpos(d.hostname, '.') + 1) end,
    'zone', p.name, 'subnet_uid', null, 'vlan_uid', null, 'region', null,
    'first_seen_time', d.first_seen, 'last_seen_time', d.last_seen, 'created_time', d.created_at, 'modified_time', d.modified_at,
    'risk_level_id', d.risk_level_id, 'risk_level', (array['Info', 'Low', 'Medium', 'High', 'Critical'])[d.risk_level_id + 1],
    'risk_score', round(d.risk_score), 'is_managed', coalesce(d.is_managed, false), 'is_compliant', d.is_compliant,
    'is_trusted', coalesce(d.is_trusted, false),
    'os', jsonb_strip_nulls(jsonb_build_object('name', d.os, 'version', d.os_version)),
    'hw_info', jsonb_strip_nulls(jsonb_build_object('serial_number', d.serial)),
    'network_interfaces', to_json(sync.interfaces_of(d.tenant, d.device_no)),
    'owner', jsonb_strip_nulls(jsonb_build_object('name', d.owner)), 'org', json_build_object(), 'groups', json_build_array(),
    'agent_list', (select coalesce(json_agg(json_build_object('uid', s.native, 'name', coalesce(s.said ->> 'hostname', s.native))
                                            order by s.native), '[]')
                     from sync.speaking s where s.tenant = d.tenant and s.device_no = d.device_no and s.kind = 1)) as ocsf,
  json_build_object(
    'first_seen', d.first_seen, 'last_seen', d.last_seen, 'gateway_id', null,
    'agent_id', (select min(s.native) from sync.speaking s where s.tenant = d.tenant and s.device_no = d.device_no and s.kind = 1),
    'discovery_sources', d.sources, 'tags', sync.tags_of(d.tenant, d.device_no), 'is_available', d.is_available,
    'metadata', sync.metadata_of(d.tenant, d.device_no) || sync.identity_state_of(d)) as ours`;

/** One page. The page is chosen by plain columns first: what reads a device's records is worked out for its devices alone. */
export async function compatDevices(
  db: Queryable,
  tenant: number,
  {
    filter,
    limit,
    offset,
  }: { readonly filter: CompatFilter; readonly limit: number; readonly offset: number },
): Promise<readonly { readonly ocsf: CompatDevice; readonly ours: CompatDevice }[]> {
  const { rows } = await db.query<{ ocsf: CompatDevice; ours: CompatDevice }>(
    `with page as materialized (
       select d.device_no, d.last_seen from sync.devices d
        where d.tenant = $1 and d.deleted_at is null
          and ($2::text is null or d.hostname ilike $2 or host(d.ip) ilike $2 or 'sr:' || d.device_id ilike $2)
          and ($3::boolean is null or d.is_available = $3) and ($4::text is null or d.type = $4)
          and ($5::int is null or d.type_id = $5) and ($6::timestamptz is null or d.first_seen >= $6)
          and ($7::timestamptz is null or d.last_seen >= $7) and ($8::uuid is null or d.device_id = $8)
        order by d.last_seen desc, d.device_no limit $9 offset $10)
     select ${DEVICE} from page join sync.devices d on d.tenant = $1 and d.device_no = page.device_no
       left join sync.partitions p on p.tenant = d.tenant and p.partition_no = d.partition_no
      order by page.last_seen desc, page.device_no`,
    [
      tenant,
      filter.search === undefined ? undefined : `%${filter.search.replace(/[\\%_]/g, "\\$&")}%`,
      filter.isAvailable,
      filter.type,
      filter.typeId,
      filter.firstSeenAfter,
      filter.lastSeenAfter,
      filter.uid,
      limit,
      offset,
    ],
  );
  return rows;
}
