-- From the wire to records: ledger, inbox, runs, and who saw what when.
-- Effect on a large table: none, all tables are new.

-- One row a tenant: the lease of the one process that writes its records and devices, and its number
-- allocators. `epoch` fences: a transaction of a former owner finds another epoch and rolls back.
create table sync.tenant_ingest (
  tenant int primary key,
  owner text,
  epoch bigint not null default 0,
  lease_until timestamptz not null default '-infinity',
  worked_at timestamptz not null default '-infinity',
  next_record_no int not null default 1,
  next_device_no int not null default 1,
  next_run_no int not null default 1,
  next_instance_no int not null default 1,
  next_partition_no int not null default 1,
  -- arrival order of worked batches; seen segments and contents are compared by it
  next_seq bigint not null default 1
);

-- What was acknowledged: one row a chunk for as long as a resend is to be recognised.
-- chunk_index -1 is the run's manifest.
create table sync.ledger (
  tenant int not null,
  agent_id text collate "C" not null,
  run_id text collate "C" not null,
  chunk_index int not null,
  sha256 bytea not null,
  received_at timestamptz not null default now(),
  worked_at timestamptz,
  primary key (tenant, agent_id, run_id, chunk_index)
);

-- Bodies of acknowledged chunks that are not worked yet. Bodies are zstd, so PostgreSQL need not try again.
create table sync.inbox (
  tenant int not null,
  inbox_no bigint generated always as identity,
  agent_id text collate "C" not null,
  run_id text collate "C" not null,
  chunk_index int not null,
  -- what the certificate and the control plane said of the sender when it arrived: {partition, sources}
  sender json not null,
  received_at timestamptz not null default now(),
  raw_bytes int not null,
  body bytea not null,
  attempts int not null default 0,
  -- set: parked with the reason, passed over until retried
  parked_reason text,
  primary key (tenant, inbox_no)
);
alter table sync.inbox alter column body set storage external;

create table sync.instances (
  tenant int not null,
  instance_no int not null,
  -- sync_service_id, or the name a replay gives
  name text collate "C" not null,
  source_type text collate "C" not null,
  created_at timestamptz not null default now(),
  primary key (tenant, instance_no),
  unique (tenant, name)
);

create table sync.partitions (
  tenant int not null,
  partition_no int not null,
  name text collate "C" not null,
  primary key (tenant, partition_no),
  unique (tenant, name)
);

create table sync.runs (
  tenant int not null,
  run_no int not null,
  agent_id text collate "C" not null,
  run_id text collate "C" not null,
  instance_no int not null,
  -- full | delta | unknown (an original agent's, until its source says)
  kind text not null,
  -- running | success | partial | failed | timeout
  outcome text not null default 'running',
  started_at timestamptz not null,
  active_at timestamptz not null,
  ended_at timestamptz,
  manifest json,
  chunks int not null default 0,
  bytes bigint not null default 0,
  entries bigint not null default 0,
  created bigint not null default 0,
  changed bigint not null default 0,
  unchanged bigint not null default 0,
  rejected bigint not null default 0,
  -- {reason: count} and the first few rejected entries
  rejected_by json not null default '{}',
  rejected_sample json not null default '[]',
  merged bigint not null default 0,
  error_kind text,
  error_message text,
  primary key (tenant, run_no),
  unique (tenant, agent_id, run_id, instance_no)
);
create index runs_instance on sync.runs (tenant, instance_no, run_no);

-- Unchanged sightings, many records a row: at event_at each of `records` was seen with the content it had when
-- batch `seq` was worked. A row holds records of one block of 4,096 numbers; of a day a record is in the last row alone. Holds
-- only sightings in event order for their block; others go to record_sightings.
create table sync.seen_segments (
  tenant int not null,
  instance_no int not null,
  block int not null,
  event_at timestamptz not null,
  seq bigint not null,
  run_no int not null,
  records int4multirange not null,
  primary key (tenant, instance_no, block, event_at, seq)
);
