-- What operators are shown before something happens, instead of it, and of how well it goes: rehearsals of a source, publications
-- that wait, and the quality watch.
-- Effect on a large table: none, all tables are new; the index of merges is of few rows.

-- One row a rehearsal: recorded updates of a source, played against the inventory and taken back.
create table sync.rehearsals (
  tenant int not null,
  rehearsal_no int not null,
  -- the source instance that the updates are taken to come from
  instance text collate "C" not null,
  -- the agent that sends the updates; null: an operator adds them
  agent_id text collate "C",
  actor text not null,
  -- loading | playing | done | failed
  state text not null default 'loading',
  error text,
  chunks int not null default 0,
  bytes bigint not null default 0,
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  -- counts by name: what a complete run of these updates does
  promise json,
  primary key (tenant, rehearsal_no)
);
create index rehearsals_instance on sync.rehearsals (tenant, instance, rehearsal_no);

-- Recorded chunks, until they are rehearsed. Bodies are zstd, so PostgreSQL need not try again.
create table sync.rehearsal_chunks (
  tenant int not null,
  rehearsal_no int not null,
  chunk_no int not null,
  raw_bytes int not null,
  body bytea not null,
  primary key (tenant, rehearsal_no, chunk_no)
);
alter table sync.rehearsal_chunks alter column body set storage external;

-- The first rows of each kind of change that a rehearsal promises: create, update, merge, conflict, retraction.
create table sync.rehearsal_rows (
  tenant int not null,
  rehearsal_no int not null,
  kind text collate "C" not null,
  row_no int not null,
  detail json not null,
  primary key (tenant, rehearsal_no, kind, row_no)
);

-- Publications that the storm brake holds: the state is written, the devices of these records stay as they were until the hold ends.
create table sync.holds (
  tenant int not null,
  hold_no int not null,
  -- the run that would have changed too much
  run_no int not null,
  held_at timestamptz not null default now(),
  records int4multirange not null,
  record_count int not null,
  -- what it would do: published devices fewer, ids changed, of so many devices
  shrinks int not null,
  ids int not null,
  devices int not null,
  -- the first changes with their evidence
  changes json not null,
  ended_at timestamptz,
  ended_by text,
  -- released: published without the brake; rechecked: decided again under it
  outcome text,
  reason text,
  primary key (tenant, hold_no)
);
create index holds_open on sync.holds (tenant, hold_no) where ended_at is null;

-- What each run has changed of published ids so far. Runs that changed none have no row.
create table sync.run_weights (
  tenant int not null,
  run_no int not null,
  shrinks int not null,
  ids int not null,
  primary key (tenant, run_no)
);

-- Quality watch: what tells that identity goes wrong, kept as devices are published, so that asking reads little.
-- Records that went from one device to another, by the day on which that was published (since 1970); kept for 30 days.
create table sync.record_moves (
  tenant int not null,
  day int not null,
  record_no int not null,
  moves int not null,
  from_device_id uuid not null,
  to_device_id uuid not null,
  primary key (tenant, day, record_no)
);

-- Values that went with them. type as sync.facts has it.
create table sync.value_moves (
  tenant int not null,
  day int not null,
  partition_no int not null,
  type smallint not null,
  value text collate "C" not null,
  moves int not null,
  primary key (tenant, day, partition_no, type, value)
);

-- Devices of suspiciously many records or addresses.
create table sync.crowded_devices (
  tenant int not null,
  device_no int not null,
  record_count int not null,
  -- within the 30 days before the device was seen last
  address_count int not null,
  since timestamptz not null default now(),
  primary key (tenant, device_no)
);

-- Merges that an operator took back.
create index merge_audit_unmerged on sync.merge_audit (tenant, merge_no) where reason = 'unmerge';
