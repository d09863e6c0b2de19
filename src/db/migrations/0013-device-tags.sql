-- Tags that operators give to devices, and changes of the tags of many.
-- Effect on a large table: none, all tables are new.

-- They hang on the id and not on the row: an id leads to its device through every merge and comes back with its own device when that
-- is taken back, whatever is published anew. Of several ids of one device the latest word stands.
create table sync.device_tags (
  tenant int not null,
  device_id uuid not null,
  key text collate "C" not null,
  -- empty where the tag is a bare word; null: taken away, and the change that did has the last word of it
  value text collate "C",
  set_at timestamptz not null default clock_timestamp(),
  -- the change that set it last, also to what it was
  change_no int not null,
  primary key (tenant, device_id, key)
);
create index device_tags_key on sync.device_tags (tenant, key, value);
select sync.keep_apart('sync.device_tags');

-- One change of tags: worked slice by slice, each in a transaction of its own.
create table sync.tag_changes (
  tenant int not null,
  change_no int not null generated always as identity,
  actor text not null,
  reason text not null,
  -- the devices: those that are found, or these
  query text,
  q text,
  device_ids uuid[],
  added json not null,
  removed text[] not null,
  -- running | done | undoing | undone | stopped: nobody went on with it
  state text collate "C" not null default 'running',
  -- the last device that was worked
  after_no int not null default 0,
  devices int not null default 0,
  changed int not null default 0,
  restored int not null default 0,
  -- of those that it had changed: another change set them since
  skipped int not null default 0,
  -- the last tag that was looked at for taking back
  undone_id uuid,
  undone_key text collate "C",
  started_at timestamptz not null,
  worked_at timestamptz not null default now(),
  ended_at timestamptz,
  -- its tags are being forgotten: nobody finds it any more
  is_forgotten boolean not null default false,
  primary key (tenant, change_no)
);
select sync.keep_apart('sync.tag_changes');

-- What each change made of each tag: before null, it was not there; after null, it is gone. The other way leads back_*: what stands
-- again when it is taken back, of change back_no (null: nothing); at first as before, later what changes below it left.
create table sync.tagged (
  tenant int not null,
  change_no int not null,
  device_id uuid not null,
  key text collate "C" not null,
  before text collate "C",
  after text collate "C",
  back text collate "C",
  back_at timestamptz,
  back_no int,
  is_undone boolean not null default false,
  primary key (tenant, change_no, device_id, key)
);
-- What stands right above a change that is taken back.
create index tagged_above on sync.tagged (tenant, back_no, device_id, key) where back_no is not null and not is_undone;
select sync.keep_apart('sync.tagged');

-- Tags that operators gave to the device or to any id that leads to it.
create function sync.own_tags_of(the_tenant int, the_device int) returns jsonb language sql stable as $$
  select coalesce(jsonb_object_agg(t.key, t.value order by t.set_at, t.device_id), '{}')
    from sync.device_tags t
   where t.tenant = the_tenant and t.value is not null and t.device_id in (
     select d.device_id from sync.devices d where d.tenant = the_tenant and d.device_no = the_device
     union all
     select a.device_id from sync.aliases a where a.tenant = the_tenant and a.device_no = the_device)
$$;

-- Tags of a device's records: "key=value" and "key:value" apart, a bare word with an empty value; over them those of operators.
create or replace function sync.tags_of(the_tenant int, the_device int) returns jsonb language sql stable as $$
  select coalesce(jsonb_object_agg(t.key, t.value order by t.value), '{}') || sync.own_tags_of(the_tenant, the_device) from (
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
