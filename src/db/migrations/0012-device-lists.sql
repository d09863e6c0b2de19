-- Lists of a million devices: an index for the order by name, and when a device was seen at less cost.
-- Effect on a large table: the index is built in one go, some three seconds for a million devices; devices are read meanwhile, and
-- what is published waits.

-- A name without its case, as lists are sorted by it. Only where a function is known to tell nothing of its argument may the barrier's
-- roles enter an index by it (PostgreSQL, "Rules and Privileges"), and only a superuser may say so. Elsewhere deep pages
-- read the index from its beginning.
do $$
begin
  if (select rolsuper from pg_roles where rolname = current_user) then
    create function sync.folded(name text) returns text
      language internal immutable strict parallel safe leakproof as 'lower';
  else
    create function sync.folded(name text) returns text
      language plpgsql immutable strict parallel safe as 'begin return lower(name); end';
  end if;
end $$;
create index devices_name on sync.devices (tenant, sync.folded(hostname), device_no);

-- A record's segments stand in its own block; without it every segment of the instance was looked through for each device of a list.
create or replace function sync.last_seen_of(r sync.records) returns timestamptz language sql stable as $$
  select greatest(
    r.current_at,
    (select s.last_seen from sync.record_sightings s where s.tenant = r.tenant and s.record_no = r.record_no),
    -- Segments stand in event order, so the newest that holds the record is the last.
    (select g.event_at from sync.seen_segments g
      where g.tenant = r.tenant and g.instance_no = r.instance_no and g.block = r.record_no / 4096
        and g.seq >= r.content_seq and g.records @> r.record_no
      order by g.seq desc, g.event_at desc limit 1))
$$;

create or replace function sync.days_of(r sync.records) returns int4multirange language sql stable as $$
  select r.address_days
    + coalesce((select s.days from sync.record_sightings s where s.tenant = r.tenant and s.record_no = r.record_no), '{}')
    + coalesce((select range_agg(int4range(d.day, d.day + 1))
                  from sync.seen_segments g, lateral (select floor(extract(epoch from g.event_at) / 86400)::int as day) d
                 where g.tenant = r.tenant and g.instance_no = r.instance_no and g.block = r.record_no / 4096
                   and g.seq >= r.content_seq and g.records @> r.record_no), '{}')
$$;

-- As before, with last_seen_of spelt out: PostgreSQL does not inline a function that has subqueries, and calling it took three
-- quarters of the time in which a million devices are sorted by when they were seen.
create or replace view sync.speaking with (security_invoker = true) as
select m.device_no, r.tenant, r.record_no, r.partition_no, r.kind, r.native, r.instance_no, r.fingerprint_first,
       l.last_seen, sync.days_of(r) as days,
       case when strpos(r.payload::text, '\u') = 0 then r.payload::text::jsonb else sync.try_jsonb(r.payload) end as said
  from sync.members m
  join sync.records r on r.tenant = m.tenant and r.record_no = m.record_no
 cross join lateral (select greatest(
    r.current_at,
    (select s.last_seen from sync.record_sightings s where s.tenant = r.tenant and s.record_no = r.record_no),
    (select g.event_at from sync.seen_segments g
      where g.tenant = r.tenant and g.instance_no = r.instance_no and g.block = r.record_no / 4096
        and g.seq >= r.content_seq and g.records @> r.record_no
      order by g.seq desc, g.event_at desc limit 1)) as last_seen) l
 where (m.fingerprint = 0 or m.fingerprint = r.fingerprint)
   and not exists (
     select from sync.record_deletions x
      where x.tenant = r.tenant and x.partition_no = r.partition_no and x.kind = r.kind and x.native = r.native
        and x.instance_no = r.instance_no and (x.reason <> 'source' or x.deleted_at >= l.last_seen));
