-- The state that DIRE derives everything from: what each source said of each of its records, and when (event
-- time). Writes are commutative and idempotent: minimum, maximum, union, greatest by (time, bytes).
-- Effect on a large table: none, all tables are new.

-- One row a record: (partition, kind, native id, source instance). The current content is inline; older
-- fingerprints and address days are in record_versions and record_addresses. Records that the id rule may give one id
-- share partition, kind and native id, so they are neighbours in the key's index.
create table sync.records (
  tenant int not null,
  record_no int not null,
  partition_no int not null,
  kind smallint not null,
  native text collate "C" not null,
  instance_no int not null,
  -- SHA-256 of the entry without its volatile members: bytes 8 to 11, and 53 bits of the first 8; all 85 find an entry among all
  content_check int not null,
  content_hash bigint not null,
  payload json not null,
  -- event time of the newest explicit sighting of this content
  current_at timestamptz not null,
  -- identity-relevant features of the current content, read from it once, and their hash
  features json not null,
  fingerprint bigint not null,
  fingerprint_first timestamptz not null,
  -- the id rule's input at the fingerprint's first observation: least (event time, bytes)
  id_input text collate "C" not null,
  -- addresses of the current content, with commas; days (since 1970) on which this set was explicitly seen
  addresses text collate "C" not null,
  address_days int4multirange not null,
  -- segments of later batches speak of this content, earlier ones of an older one
  content_seq bigint not null,
  primary key (tenant, record_no),
  unique (tenant, partition_no, kind, native, instance_no)
);

create table sync.record_versions (
  tenant int not null,
  record_no int not null,
  fingerprint bigint not null,
  features json not null,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  id_input text collate "C" not null,
  primary key (tenant, record_no, fingerprint)
);

create table sync.record_addresses (
  tenant int not null,
  record_no int not null,
  -- the one that claimed it: a record that follows several machines keeps their addresses apart
  fingerprint bigint not null,
  address text collate "C" not null,
  days int4multirange not null,
  primary key (tenant, record_no, fingerprint, address)
);

-- Retractions, kept apart from records so that an explicit one that arrives before its record still counts. A sighting of later
-- event time takes one back.
create table sync.record_deletions (
  tenant int not null,
  partition_no int not null,
  kind smallint not null,
  native text collate "C" not null,
  instance_no int not null,
  deleted_at timestamptz not null,
  -- source (it said so) | absent | source_deleted
  reason text collate "C" not null default 'source',
  primary key (tenant, partition_no, kind, native, instance_no)
);

-- First observations of records that were removed for good: a record that comes back keeps its id.
create table sync.record_origins (
  tenant int not null,
  partition_no int not null,
  kind smallint not null,
  native text collate "C" not null,
  instance_no int not null,
  first_seen timestamptz not null,
  id_input text collate "C" not null,
  primary key (tenant, partition_no, kind, native, instance_no)
);

-- Sightings of the current content that no segment can hold (distinct or late event times).
create table sync.record_sightings (
  tenant int not null,
  record_no int not null,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  days int4multirange not null,
  primary key (tenant, record_no)
);

-- Value -> records that ever said it: an index, written once. type: 1 serial, 2 asset tag, 3 MAC, 4 hostname, 5 IP of a record,
-- 6 IP that was sighted alone.
create table sync.facts (
  tenant int not null,
  partition_no int not null,
  type smallint not null,
  value text collate "C" not null,
  record_no int not null,
  primary key (tenant, partition_no, type, value, record_no)
);

-- Records whose component must be resolved again, one row a worked batch.
create table sync.dirty (
  tenant int not null,
  dirty_no bigint generated always as identity,
  records int4multirange not null,
  marked_at timestamptz not null default now(),
  run_no int,
  primary key (tenant, dirty_no)
);
