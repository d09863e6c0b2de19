-- Views with the original's names and columns, for clients that read them with SQL, and what they are made of. Everything is
-- derived from published devices and records when it is asked for; nothing is stored twice. `tenant` is the tenant's slug.
-- Views and functions read with the rights of who asks, so row-level security on the tables below holds through them.
-- Effect on a large table: none, no table is touched.
create schema if not exists platform;

-- JSON as it was sent may hold \u0000 or half a surrogate, which neither text nor jsonb can: then null, and the view goes on.
create function sync.try_jsonb(value json) returns jsonb language plpgsql immutable strict as $$
begin
  return value::text::jsonb;
exception when data_exception then
  return null;
end $$;

-- Addresses of a list in their one form, those left out that say nothing of who holds them (as src/model/ip.ts). The cost keeps
-- planners from reading every record's list where an index leads to the one that is asked for. A thousand words of a list are read:
-- more than any device has, and a list of a hundred thousand must not hold up who looks at it.
create function sync.ips_in(list text) returns text[] language plpgsql immutable cost 1000 as $$
declare
  word text;
  address text;
  octets int[];
  addresses text[] := '{}';
begin
  foreach word in array (regexp_split_to_array(coalesce(list, ''), '[,;\s]+'))[:1000] loop
    -- Nearly all are plain IPv4, which no cast need try.
    if word ~ '^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(?!$)|$)){4}$' then
      address := word;
    else
      begin
        address := host(regexp_replace(word, '%.*$', '')::inet);
        address := regexp_replace(address, '^::ffff:(\d+\.\d+\.\d+\.\d+)$', '\1');
        -- the server writes the last 32 bits after 96 zeros with dots
        if address ~ '^::\d+\.\d+\.\d+\.\d+$' then
          octets := string_to_array(substr(address, 3), '.');
          address := format('::%s:%s', to_hex(octets[1] * 256 + octets[2]), to_hex(octets[3] * 256 + octets[4]));
        end if;
      exception when data_exception then
        continue;
      end;
    end if;
    continue when address ~ '^(0\.|127\.|169\.254\.|22[4-9]\.|23\d\.|24\d\.|25[0-5]\.)'
      or address ~ '^(::1?$|fe[89ab]|ff)' or address = any (addresses);
    addresses := addresses || address;
  end loop;
  return addresses;
end $$;

-- MACs of a list as 12 upper-case digits (as src/model/mac.ts).
create function sync.macs_in(list text) returns text[] language sql immutable cost 1000 as $$
  select coalesce(array_agg(distinct mac), '{}')
    from (select upper(regexp_replace(word, '[:.-]', '', 'g')) as mac
            from unnest((regexp_split_to_array(coalesce(list, ''), '[,;\s]+'))[:1000]) word) m
   where mac ~ '^[0-9A-F]{12}$'
$$;

-- What an update says of its device's MACs and addresses.
create function sync.macs_said(said jsonb) returns text[] language sql immutable cost 1000 as $$
  select sync.macs_in(concat_ws(',', said ->> 'mac', said #>> '{metadata,all_macs}'))
$$;

create function sync.ips_said(said jsonb) returns text[] language sql immutable cost 1000 as $$
  select sync.ips_in(concat_ws(',', said ->> 'ip', said #>> '{metadata,all_ips}', said #>> '{metadata,_alias_last_seen_ip}',
    (select string_agg(substr(key, strpos(key, ':') + 1), ',') from jsonb_object_keys(
       case jsonb_typeof(said -> 'metadata') when 'object' then said -> 'metadata' else '{}' end) key
      where key ~ '^(ip_alias|alt_ip):')))
$$;

-- When a record's current content was last seen, and on which days, unchanged sightings included.
create function sync.last_seen_of(r sync.records) returns timestamptz language sql stable as $$
  select greatest(
    r.current_at,
    (select s.last_seen from sync.record_sightings s where s.tenant = r.tenant and s.record_no = r.record_no),
    -- Segments stand in event order, so the newest that holds the record is the last.
    (select g.event_at from sync.seen_segments g
      where g.tenant = r.tenant and g.instance_no = r.instance_no and g.seq >= r.content_seq and g.records @> r.record_no
      order by g.seq desc, g.event_at desc limit 1))
$$;

create function sync.days_of(r sync.records) returns int4multirange language sql stable as $$
  select r.address_days
    + coalesce((select s.days from sync.record_sightings s where s.tenant = r.tenant and s.record_no = r.record_no), '{}')
    + coalesce((select range_agg(int4range(d.day, d.day + 1))
                  from sync.seen_segments g, lateral (select floor(extract(epoch from g.event_at) / 86400)::int as day) d
                 where g.tenant = r.tenant and g.instance_no = r.instance_no and g.seq >= r.content_seq
                   and g.records @> r.record_no), '{}')
$$;

-- What speaks of each device now: a record that was given to another machine, or that its source deleted and has not seen
-- since, is left out. `said` is the update as it was sent.
create view sync.speaking with (security_invoker = true) as
select m.device_no, r.tenant, r.record_no, r.partition_no, r.kind, r.native, r.instance_no, r.fingerprint_first,
       sync.last_seen_of(r) as last_seen, sync.days_of(r) as days,
       case when strpos(r.payload::text, '\u') = 0 then r.payload::text::jsonb else sync.try_jsonb(r.payload) end as said
  from sync.members m
  join sync.records r on r.tenant = m.tenant and r.record_no = m.record_no
 where (m.fingerprint = 0 or m.fingerprint = r.fingerprint)
   and not exists (
     select from sync.record_deletions x
      where x.tenant = r.tenant and x.partition_no = r.partition_no and x.kind = r.kind and x.native = r.native
        and x.instance_no = r.instance_no and (x.reason <> 'source' or x.deleted_at >= sync.last_seen_of(r)));

-- Metadata of a device's records in one: of several values that of the record which came to say it last.
create function sync.metadata_of(the_tenant int, the_device int) returns jsonb language sql stable as $$
  select coalesce(jsonb_object_agg(e.key, e.value order by s.fingerprint_first, s.kind desc, s.native, s.instance_no), '{}')
    from sync.speaking s, lateral jsonb_each_text(
      case jsonb_typeof(s.said -> 'metadata') when 'object' then s.said -> 'metadata' else '{}' end) e
   where s.tenant = the_tenant and s.device_no = the_device and e.value is not null
$$;

-- Interfaces as far as sources tell: which MACs and which addresses there are, never which address is on which.
create function sync.interfaces_of(the_tenant int, the_device int) returns jsonb[] language sql stable as $$
  select coalesce(array_agg(i.entry order by i.entry), '{}') from (
    select jsonb_build_object('mac', regexp_replace(mac, '(..)(?=.)', '\1:', 'g')) as entry
      from sync.speaking s, lateral unnest(sync.macs_said(s.said)) mac
     where s.tenant = the_tenant and s.device_no = the_device
    union
    select jsonb_build_object('ip', ip)
      from sync.speaking s, lateral unnest(sync.ips_said(s.said)) ip
     where s.tenant = the_tenant and s.device_no = the_device) i
$$;

-- Tags of a device's records: "key=value" and "key:value" apart, a bare word with an empty value.
create function sync.tags_of(the_tenant int, the_device int) returns jsonb language sql stable as $$
  select coalesce(jsonb_object_agg(t.key, t.value order by t.value), '{}') from (
    select btrim(split_part(replace(word, ':', '='), '=', 1)) as key,
           btrim(substr(word, length(split_part(replace(word, ':', '='), '=', 1)) + 2)) as value
      from sync.speaking s, lateral regexp_split_to_table(
        concat_ws(',', s.said #>> '{metadata,tags}', s.said #>> '{metadata,armis_tags}'), ',') word
     where s.tenant = the_tenant and s.device_no = the_device
    union
    select e.key, e.value
      from sync.speaking s, lateral jsonb_each_text(
        case jsonb_typeof(s.said -> 'tags') when 'object' then s.said -> 'tags' else '{}' end) e
     where s.tenant = the_tenant and s.device_no = the_device and e.value is not null) t
   where t.key <> ''
$$;

-- On which days which record of which device claimed an address, a service or a collector.
create function sync.claims_of(the_tenant int, the_record int)
returns table (device_no int, alias_type text, alias_value text, days int4multirange) language sql stable as $$
  select m.device_no, 'ip', a.address, a.days
    from sync.record_addresses a
    join sync.members m on m.tenant = a.tenant and m.record_no = a.record_no and m.fingerprint in (0, a.fingerprint)
   where a.tenant = the_tenant and a.record_no = the_record
  union all
  select s.device_no, c.alias_type, c.alias_value, s.days
    from sync.speaking s, lateral (
      select 'ip' as alias_type, ip as alias_value
        from unnest(sync.ips_said(s.said)) ip
      union
      select 'service_id', substr(key, strpos(key, ':') + 1) from jsonb_object_keys(
        case jsonb_typeof(s.said -> 'metadata') when 'object' then s.said -> 'metadata' else '{}' end) key
       where key ~ '^service_alias:.'
      union
      select 'service_id', s.said #>> '{metadata,_alias_last_seen_service_id}'
      union
      select 'collector_ip', ip from unnest(sync.ips_in(s.said #>> '{metadata,_alias_collector_ip}')) ip) c
   where s.tenant = the_tenant and s.record_no = the_record and c.alias_value <> ''
$$;

-- The original's states, from days: seen on three days it is confirmed, before that detected; of which nothing was seen for 30
-- days, stale; whose address another device was seen with later, replaced. Days begin at midnight UTC.
create view sync.alias_states with (security_invoker = true) as
select d.tenant, d.device_no, d.device_id, d.partition_no, a.alias_type, a.alias_value,
       case when o.device_id is not null then 'replaced'
            when upper(a.days) - 1 < b.today - 30 then 'stale'
            when b.sightings >= 3 then 'confirmed'
            else 'detected' end as state,
       to_timestamp(lower(a.days) * 86400.0) as first_seen_at,
       to_timestamp((upper(a.days) - 1) * 86400.0) as last_seen_at,
       b.sightings as sighting_count,
       o.device_id as replaced_by
  from sync.devices d
 cross join lateral (
   select c.alias_type, c.alias_value, range_agg(c.days) as days
     from (select distinct m.record_no from sync.members m where m.tenant = d.tenant and m.device_no = d.device_no) r,
          lateral sync.claims_of(d.tenant, r.record_no) c
    where c.device_no = d.device_no
    group by c.alias_type, c.alias_value) a
 cross join lateral (
   select coalesce(sum(upper(r.span) - lower(r.span)), 0)::int as sightings,
          floor(extract(epoch from now()) / 86400)::int as today
     from unnest(a.days) r(span)) b
  left join lateral (
   -- 5 and 6 are addresses in sync.facts, an index by value
   select other.device_id
     from sync.facts f,
          lateral sync.claims_of(f.tenant, f.record_no) c
     join sync.devices other on other.tenant = d.tenant and other.device_no = c.device_no
    where a.alias_type = 'ip' and f.tenant = d.tenant and f.partition_no = d.partition_no and f.type in (5, 6)
      and f.value = a.alias_value and c.alias_type = 'ip' and c.alias_value = a.alias_value
      and c.device_no <> d.device_no and upper(c.days) > upper(a.days)
      -- so that the device's own records, which say every one of its addresses, are not read again for each
      and not exists (select from sync.members own
                       where own.tenant = f.tenant and own.record_no = f.record_no and own.fingerprint = 0
                         and own.device_no = d.device_no)
    order by upper(c.days) desc, other.device_id limit 1) o on true
 where not isempty(a.days);

-- The id of an alias: the same whenever it is asked for.
create function sync.alias_id(the_tenant int, device uuid, alias_type text, alias_value text) returns uuid
language sql immutable as $$
  select md5(the_tenant || ' ' || device || ' ' || alias_type || ' ' || alias_value)::uuid
$$;

-- The original's words for whether anybody but addresses and MACs speaks for a device.
create function sync.identity_state_of(d sync.devices) returns jsonb language sql stable as $$
  select jsonb_build_object(
           'identity_state', case when d.is_provisional then 'provisional' else 'canonical' end,
           'identity_promotion_non_mac_sighting_count', count(*),
           'identity_promotion_types_seen', coalesce(jsonb_agg(distinct k.type), '[]'),
           'identity_promotion_last_eval_at', to_char(d.modified_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
         || case when d.is_provisional then jsonb_build_object(
                   'identity_promotion_blocked_reason', 'no_non_mac_strong_identifier')
                 when d.promoted_at is not null then jsonb_build_object(
                   'identity_promoted_by', 'dire',
                   'identity_promoted_at', to_char(d.promoted_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
                   'identity_promotion_policy', 'corroborated_strong_identifier')
                 else '{}' end
    from sync.speaking s
    join (values (1, 'agent_id'), (2, 'armis_device_id'), (3, 'integration_id'), (4, 'netbox_device_id')) k(kind, type)
      on k.kind = s.kind
   where s.tenant = d.tenant and s.device_no = d.device_no
$$;

create view platform.ocsf_devices with (security_invoker = true) as
select t.slug as tenant,
       'sr:' || d.device_id as uid,
       d.type_id::bigint as type_id,
       coalesce(d.type, 'Unknown') as type,
       coalesce(d.hostname, host(d.ip)) as name,
       d.hostname,
       host(d.ip) as ip,
       d.mac,
       null::text as uid_alt,
       d.vendor_name,
       d.model,
       case when d.hostname ~ '^[^.\s]+\.[^\s]*[A-Za-z][^\s]*$' then substr(d.hostname, strpos(d.hostname, '.') + 1) end as domain,
       p.name as zone,
       null::text as subnet_uid,
       null::text as vlan_uid,
       null::text as region,
       d.first_seen as first_seen_time,
       greatest(d.last_seen, (select max(s.last_seen) from sync.speaking s
                               where s.tenant = d.tenant and s.device_no = d.device_no)) as last_seen_time,
       d.created_at as created_time,
       d.modified_at as modified_time,
       d.risk_level_id::bigint as risk_level_id,
       (array['Info', 'Low', 'Medium', 'High', 'Critical'])[d.risk_level_id + 1] as risk_level,
       round(d.risk_score)::bigint as risk_score,
       coalesce(d.is_managed, false) as is_managed,
       d.is_compliant,
       coalesce(d.is_trusted, false) as is_trusted,
       jsonb_strip_nulls(jsonb_build_object('name', d.os, 'version', d.os_version)) as os,
       jsonb_strip_nulls(jsonb_build_object('serial_number', d.serial)) as hw_info,
       sync.interfaces_of(d.tenant, d.device_no) as network_interfaces,
       jsonb_strip_nulls(jsonb_build_object('name', d.owner)) as owner,
       '{}'::jsonb as org,
       '{}'::jsonb[] as groups,
       array(select jsonb_build_object('uid', s.native, 'name', coalesce(s.said ->> 'hostname', s.native))
               from sync.speaking s where s.tenant = d.tenant and s.device_no = d.device_no and s.kind = 1
              order by s.native) as agent_list,
       null::text as gateway_id,
       -- the agent that runs on the device, never the one that saw it
       (select min(s.native) from sync.speaking s
         where s.tenant = d.tenant and s.device_no = d.device_no and s.kind = 1) as agent_id,
       null::text as management_device_id,
       d.sources as discovery_sources,
       sync.tags_of(d.tenant, d.device_no) as tags,
       -- null: no source says
       d.is_available,
       sync.metadata_of(d.tenant, d.device_no)
         || case when d.classification is null then '{}' else jsonb_build_object(
              'classification_source', d.classification ->> 'source',
              'classification_rule_id', d.classification ->> 'rule_id',
              'classification_confidence', d.classification ->> 'confidence',
              'classification_reason', d.classification ->> 'reason') end
         || sync.identity_state_of(d) as metadata,
       null::uuid as group_id,
       d.deleted_at,
       d.deleted_reason as deleted_by,
       d.deleted_reason
  from sync.devices d
  join sync.tenants t on t.tenant = d.tenant
  left join sync.partitions p on p.tenant = d.tenant and p.partition_no = d.partition_no;

-- Records that speak, with the names that clients know.
create view sync.spoken with (security_invoker = true) as
select s.*, t.slug, p.name as partition, n.name as instance, n.source_type, 'sr:' || d.device_id as uid
  from sync.speaking s
  join sync.devices d on d.tenant = s.tenant and d.device_no = s.device_no
  join sync.tenants t on t.tenant = s.tenant
  join sync.partitions p on p.tenant = s.tenant and p.partition_no = s.partition_no
  join sync.instances n on n.tenant = s.tenant and n.instance_no = s.instance_no;

-- MACs and addresses that speaking records say, with what they are worth. sync.facts leads from a value to its records, and the
-- records' own lists lead to the facts, so either end finds the other by an index.
create view sync.spoken_values with (security_invoker = true) as
select s.*, 'mac' as type, f.value, v.state
  from sync.spoken s
  join sync.facts f on f.tenant = s.tenant and f.partition_no = s.partition_no and f.type = 3 and f.record_no = s.record_no
   and f.value = any (sync.macs_said(s.said))
  left join sync.value_states v on v.tenant = f.tenant and v.partition_no = f.partition_no and v.type = 3 and v.value = f.value
union all
select s.*, 'ip', f.value, v.state
  from sync.spoken s
  join sync.facts f on f.tenant = s.tenant and f.partition_no = s.partition_no and f.type in (5, 6) and f.record_no = s.record_no
   and f.value = any (sync.ips_said(s.said))
  left join sync.value_states v
    on v.tenant = f.tenant and v.partition_no = f.partition_no and v.type = f.type and v.value = f.value;

-- 52 bits, which every client's numbers hold.
create function sync.identifier_id(record_no int, type text, value text) returns bigint language sql immutable as $$
  select ('x' || substr(md5(concat_ws(' ', record_no, type, value)), 1, 13))::bit(52)::bigint
$$;

-- Which ids and values lead to which device. A value that may not join records (several devices hold it at once, or too many) is
-- weak and leads to none: device_id is null, metadata.held_by says who holds it.
create view platform.device_identifiers with (security_invoker = true) as
select s.slug as tenant, sync.identifier_id(s.record_no, k.type, s.native) as id, s.uid as device_id, k.type as identifier_type,
       s.native as identifier_value, s.partition, 'strong' as confidence, s.source_type as source, s.instance as source_instance,
       s.fingerprint_first as first_seen, s.last_seen, false as verified,
       jsonb_strip_nulls(jsonb_build_object('sync_service_id', s.instance, 'integration_type', s.said #>> '{metadata,integration_type}')) as metadata
  from (values (1::smallint, 'agent_id'), (2, 'armis_device_id'), (3, 'integration_id'), (4, 'netbox_device_id'),
               (3, 'netbox_device_id')) k(kind, type)
  join sync.spoken s on s.kind = k.kind
   -- NetBox's agents send one number under both names.
   and (k.kind <> 3 or k.type = 'integration_id' or s.said #>> '{metadata,netbox_device_id}' = s.native)
union all
select s.slug, sync.identifier_id(s.record_no, s.type, s.value), s.uid, s.type, s.value, s.partition,
       case when s.type = 'ip' then 'weak'
            when get_bit(decode(substr(s.value, 1, 2), 'hex'), 1) = 1 then 'medium'
            else 'strong' end,
       s.source_type, s.instance, s.fingerprint_first, s.last_seen, false,
       jsonb_build_object('sync_service_id', s.instance)
  from sync.spoken_values s
 where s.state is null
union all
select s.slug, sync.identifier_id(s.record_no, s.type, s.value), null, s.type, s.value, s.partition, 'weak',
       s.source_type, s.instance, s.fingerprint_first, s.last_seen, false,
       jsonb_build_object('sync_service_id', s.instance, 'held_by', s.uid,
         'state', case s.state when 1 then 'contested' else 'generic' end)
  from sync.spoken_values s
 where s.state is not null;

create view platform.merge_audit with (security_invoker = true) as
select t.slug as tenant, m.event_id, 'sr:' || m.from_device_id as from_device_id, 'sr:' || m.to_device_id as to_device_id,
       m.reason, m.confidence_score, m.source, m.details::jsonb as details, m.created_at
  from sync.merge_audit m
  join sync.tenants t on t.tenant = m.tenant;

create view platform.device_alias_states with (security_invoker = true) as
select t.slug as tenant,
       sync.alias_id(a.tenant, a.device_id, a.alias_type, a.alias_value) as id,
       'sr:' || a.device_id as device_id,
       p.name as partition,
       a.alias_type,
       a.alias_value,
       a.state,
       a.first_seen_at,
       a.last_seen_at,
       a.sighting_count,
       '{}'::jsonb as metadata,
       null::uuid as previous_alias_id,
       sync.alias_id(a.tenant, a.replaced_by, a.alias_type, a.alias_value) as replaced_by_alias_id
  from sync.alias_states a
  join sync.tenants t on t.tenant = a.tenant
  left join sync.partitions p on p.tenant = a.tenant and p.partition_no = a.partition_no;
