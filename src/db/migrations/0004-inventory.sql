-- The published inventory, derived from records and written by the resolver alone.
-- Effect on a large table: none, all tables are new.

create table sync.devices (
  tenant int not null,
  device_no int not null,
  -- the uuid of the canonical id "sr:<uuid>"
  device_id uuid not null,
  partition_no int not null,
  ip inet,
  mac text collate "C",
  hostname text collate "C",
  type_id smallint not null default 0,
  type text,
  vendor_name text,
  model text,
  os text,
  os_version text,
  site text,
  owner text,
  serial text collate "C",
  -- as its source reports it; the level is OCSF's, 0 Info to 4 Critical
  risk_score real,
  risk_level_id smallint,
  is_managed boolean,
  is_trusted boolean,
  is_compliant boolean,
  is_available boolean,
  -- {source, rule_id, confidence, reason} of the enrichment rule that decided vendor, model or type
  classification jsonb,
  -- known by address or MAC alone
  is_provisional boolean not null default false,
  -- first record of a register, where one by address or MAC alone was there before
  promoted_at timestamptz,
  instances int[] not null,
  sources text[] not null,
  record_count int not null,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  created_at timestamptz not null default now(),
  modified_at timestamptz not null default now(),
  deleted_at timestamptz,
  deleted_reason text,
  primary key (tenant, device_no),
  unique (tenant, device_id)
);
create index devices_hostname on sync.devices (tenant, hostname);
create index devices_ip on sync.devices (tenant, ip);

-- Which device each record belongs to. fingerprint 0 stands for all of a record's fingerprints; a record whose id was
-- given to another machine has one row a fingerprint instead.
create table sync.members (
  tenant int not null,
  record_no int not null,
  fingerprint bigint not null default 0,
  device_no int not null,
  primary key (tenant, record_no, fingerprint)
);
create index members_device on sync.members (tenant, device_no);

-- Every id ever published that is no longer a device's own.
create table sync.aliases (
  tenant int not null,
  device_id uuid not null,
  device_no int not null,
  since timestamptz not null default now(),
  reason text not null,
  -- what the device of this id was, should it be one of its own again: merging and unmerging leaves nothing behind
  former_device_no int,
  former_created_at timestamptz,
  primary key (tenant, device_id)
);
create index aliases_device on sync.aliases (tenant, device_no);

create table sync.merge_audit (
  tenant int not null,
  merge_no bigint generated always as identity,
  event_id uuid not null,
  from_device_id uuid not null,
  to_device_id uuid not null,
  reason text not null,
  confidence_score numeric(5, 4),
  source text not null,
  details json not null default '{}',
  created_at timestamptz not null default now(),
  primary key (tenant, merge_no)
);

-- Values that may not join records, as last decided: 1 contested, 2 generic. A value not listed is usable. A difference
-- from this table is what makes all holders of a value be decided again.
create table sync.value_states (
  tenant int not null,
  partition_no int not null,
  type smallint not null,
  value text collate "C" not null,
  state smallint not null,
  since timestamptz not null default now(),
  primary key (tenant, partition_no, type, value)
);

-- Records whose next unchanged sighting, on or after `day` (since 1970), can change a decision: two lives begin to overlap, or an
-- address has been shared long enough. Without it an unchanged record would have to be decided again at every sighting.
-- A row holds records of one block of 4,096 numbers, so that rows stay small and a batch looks only at its own blocks.
create table sync.watches (
  tenant int not null,
  block int not null,
  day int not null,
  records int4multirange not null,
  primary key (tenant, block, day)
);
