-- What operators decided of identity, and what DIRE held back and shows them.
-- Effect on a large table: none, all tables are new and small.

-- Part of the state that devices are derived from, like records: an assertion is never changed, only revoked, and then it is as
-- if it had never been made.
create table sync.assertions (
  tenant int not null,
  assertion_no int not null,
  -- must_link | cannot_link | block_value | allow_value | lock_field
  kind text collate "C" not null,
  -- of block_value and allow_value; value_type as sync.facts has it
  partition_no int,
  value_type smallint,
  -- of lock_field
  field text collate "C",
  -- the value that is blocked, allowed, or locked
  value text collate "C",
  actor text not null,
  reason text not null,
  made_at timestamptz not null,
  revoked_at timestamptz,
  revoked_by text,
  revoked_reason text,
  primary key (tenant, assertion_no)
);
create index assertions_value on sync.assertions (tenant, partition_no, value_type, value)
  where value_type is not null and revoked_at is null;

-- The records that an assertion speaks of. A link joins or parts everything of side 1 and everything of side 2; the others have
-- side 1 alone.
create table sync.assertion_records (
  tenant int not null,
  record_no int not null,
  assertion_no int not null,
  side smallint not null,
  -- names the part of the record that was meant, should it be the record of several devices in turn
  fingerprint bigint not null,
  primary key (tenant, record_no, assertion_no, side, fingerprint)
);
create index assertion_records_assertion on sync.assertion_records (tenant, assertion_no);

-- Pairs of records that looked like one device and are not: shown to operators, who may know better. Derived by the resolver with the
-- devices, and gone when it is no longer true.
create table sync.quarantine (
  tenant int not null,
  -- the smaller number
  record_a int not null,
  record_b int not null,
  quarantine_no bigint generated always as identity,
  fingerprint_a bigint not null,
  fingerprint_b bigint not null,
  reason text collate "C" not null,
  points real not null,
  -- [{type, value, points}]
  evidence json not null,
  since timestamptz not null default now(),
  primary key (tenant, record_a, record_b)
);
create index quarantine_b on sync.quarantine (tenant, record_b);
create index quarantine_no on sync.quarantine (tenant, quarantine_no);
