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
  cleaned_at timestamptz not null default '-infinity',
  next_record_no int not null default 1,
  next_device_no int not null default 1,
  next_run_no int not null default 1,
  next_instance_no int not null default 1,
  next_partition_no int not null default 1,
  next_retraction_no int not null default 1,
  next_assertion_no int not null default 1,
  next_undo_no int not null default 1,
  -- arrival order of worked batches; seen segments and contents are compared by it
  next_seq bigint not null default 1,
  -- how often records were written by who is no worker: what workers have in mind of them is out of date then
  take_overs bigint not null default 0
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
  -- entries that the chunk was found to hold when it was worked
  entries int,
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
  -- the last chunk of a run that no manifest will end
  ends_run boolean not null default false,
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
  -- 0 until the first chunk or the manifest
  partition_no int not null default 0,
  -- full | delta | unknown (an original agent's, unless its source says that they are full)
  kind text not null,
  -- running | success | partial | failed | timeout
  outcome text not null default 'running',
  started_at timestamptz not null,
  active_at timestamptz not null,
  ended_at timestamptz,
  manifest json,
  undone_at timestamptz,
  -- all that the agent lists was worked, nothing was rejected: what it did not see was not there
  is_complete boolean not null default false,
  -- SHA-256 over the hashes of the listed chunks, in order
  chunks_sha256 bytea,
  -- batches that it was worked in: where its evidence stands in sync.run_seen
  first_seq bigint not null default 0,
  last_seq bigint not null default 0,
  -- latest event time of its entries
  event_at timestamptz,
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
  -- records that are no longer there because of this run: listed as deleted, or absent for long enough
  retracted bigint not null default 0,
  error_kind text,
  error_message text,
  primary key (tenant, run_no),
  unique (tenant, agent_id, run_id, instance_no)
);
create index runs_instance on sync.runs (tenant, instance_no, run_no);
create index runs_open on sync.runs (tenant, active_at) where outcome = 'running';

-- How far the run of a source is while it goes on, as its agent tells it: one row a source, written once a second at most.
create table sync.run_progress (
  tenant int not null,
  agent_id text collate "C" not null,
  service_id uuid not null,
  run_id text collate "C" not null,
  kind text not null,
  started_at timestamptz not null,
  pages int not null,
  fetched int not null,
  streamed int not null,
  rejected int not null,
  total int,
  -- why it does not move, and until when by the agent's clock
  waiting text,
  waiting_until timestamptz,
  told_at timestamptz not null default now(),
  primary key (tenant, agent_id, service_id)
);

-- Which records a batch of a run saw, as ranges: the run's evidence.
create table sync.run_seen (
  tenant int not null,
  instance_no int not null,
  seq bigint not null,
  partition_no int not null,
  run_no int not null,
  created int4multirange not null,
  changed int4multirange not null,
  unchanged int4multirange not null,
  -- present ones that the source itself took back
  deleted int4multirange not null,
  primary key (tenant, instance_no, seq, partition_no)
);

-- What records said before a run changed them. Unchanged ones need no row, and of new ones run_seen says enough.
create table sync.run_journal (
  tenant int not null,
  run_no int not null,
  record_no int not null,
  before json not null,
  primary key (tenant, run_no, record_no)
);

-- Runs that were undone, and what became of each record.
create table sync.run_undos (
  tenant int not null,
  undo_no int not null,
  run_no int not null,
  -- reversing | done | redoing | redone
  state text not null,
  actor text not null,
  started_at timestamptz not null default now(),
  -- records that are still to be looked at
  todo int4multirange not null,
  -- records that had been retired, or deleted by their source, because of the run, and are back
  unretired int4multirange not null default '{}',
  undeleted int4multirange not null default '{}',
  -- how the source's absences were counted before the run was taken out of them
  absences json,
  primary key (tenant, undo_no)
);
create index run_undos_run on sync.run_undos (tenant, run_no);

create table sync.undo_records (
  tenant int not null,
  undo_no int not null,
  record_no int not null,
  -- reversed | kept | errored
  result text not null,
  reason text not null,
  -- of reversed ones: where the record stood, what it said, and the batch that wrote what it says now (absent: it was removed)
  saved json,
  seq bigint,
  primary key (tenant, undo_no, record_no)
);

-- Records that an instance has in a partition and that were neither retired nor deleted.
create table sync.instance_records (
  tenant int not null,
  instance_no int not null,
  partition_no int not null,
  present int4multirange not null,
  primary key (tenant, instance_no, partition_no)
);

-- Present records that the last complete full runs did not see: one row for those that were first missed together.
create table sync.absences (
  tenant int not null,
  absence_no bigint generated always as identity,
  instance_no int not null,
  partition_no int not null,
  -- when the first run without them was closed
  since timestamptz not null,
  -- complete full runs without them
  runs int not null,
  records int4multirange not null,
  primary key (tenant, absence_no)
);
create index absences_instance on sync.absences (tenant, instance_no, partition_no);

-- Records that are to be retired. What the guard holds waits for an operator.
create table sync.retractions (
  tenant int not null,
  retraction_no int not null,
  run_no int not null,
  instance_no int not null,
  partition_no int not null,
  -- absent | source_deleted
  reason text not null,
  -- held | due | done | passed (held, but later runs saw the records again)
  state text not null,
  -- those that are still to go
  records int4multirange not null,
  -- how many it was about, and of how many present ones
  wanted int not null,
  present int not null,
  retired int not null default 0,
  -- those that went
  gone int4multirange not null default '{}',
  created_at timestamptz not null default now(),
  decided_at timestamptz,
  decided_by text,
  primary key (tenant, retraction_no)
);
create index retractions_open on sync.retractions (tenant, state) where state in ('held', 'due');

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
