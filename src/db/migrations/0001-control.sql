-- Control plane: who may speak (tenants, their certificate authorities, agents) and what agents are told (sources).
-- Effect on a large table: none, all tables are new and small.
create schema if not exists sync;

create table sync.settings (
  name text collate "C" primary key,
  value text not null
);

create table sync.tenants (
  tenant int primary key,
  uid uuid not null unique,
  slug text collate "C" not null unique,
  name text not null,
  created_at timestamptz not null default now()
);

-- An authority's public key belongs to one tenant only: it is what proves the tenant of a peer.
-- tenant 0 is the platform itself (root authority, gateway's server certificate).
create table sync.authorities (
  tenant int not null,
  authority_no int not null,
  spki_sha256 text collate "C" not null unique,
  certificate_pem text not null,
  key_sealed bytea,
  imported boolean not null default false,
  created_at timestamptz not null default now(),
  revoked_at timestamptz,
  primary key (tenant, authority_no)
);

create table sync.agents (
  tenant int not null,
  agent_id text collate "C" not null,
  partition text collate "C" not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz,
  certificate_not_after timestamptz,
  -- once revoked and let in again: only certificates of sync.agent_certificates count
  listed_only boolean not null default false,
  hostname text,
  version text,
  os text,
  arch text,
  source_ip text,
  capabilities text[] not null default '{}',
  labels json not null default '{}',
  last_hello_at timestamptz,
  -- the gateway that was greeted: one replica of the core, by its name
  gateway_id text collate "C",
  last_seen_at timestamptz,
  config_offered text,
  config_running text,
  config_running_at timestamptz,
  -- grows with every change of a source that runs on it, so that one look tells whether there is news for its control stream
  config_rev bigint not null default 0,
  -- newest heartbeat of service_type "sync", as sent
  status json,
  status_at timestamptz,
  primary key (tenant, agent_id)
);

-- Certificates that were issued here. After a revocation they tell those issued since then from those that were ended.
create table sync.agent_certificates (
  tenant int not null,
  agent_id text collate "C" not null,
  -- of the DER, lower-case hex
  sha256 text collate "C" not null,
  not_after timestamptz not null,
  issued_at timestamptz not null default now(),
  primary key (tenant, agent_id, sha256)
);

-- One-time tokens by which an agent gets its first certificate. Only a token's hash is kept.
create table sync.enrolment_tokens (
  tenant int not null,
  token_id uuid not null,
  sha256 text collate "C" not null,
  agent_id text collate "C" not null,
  partition text collate "C" not null,
  cn_form smallint not null,
  renew boolean not null,
  actor text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  -- the public key that it was used for: whoever holds that key may ask again, for its answer may have been lost
  used_spki_sha256 text collate "C",
  primary key (tenant, token_id)
);

create table sync.sources (
  tenant int not null,
  source_no int not null,
  -- the source instance of its records; also what the agent sends as sync_service_id
  service_id uuid not null,
  name text collate "C" not null,
  type text collate "C" not null,
  endpoint text not null,
  agent_id text collate "C" not null,
  partition text collate "C" not null,
  enabled boolean not null default true,
  -- null: the payload's top-level default
  poll_interval_ms bigint,
  discovery_interval_ms bigint,
  -- queries, page_size, network_blacklist, insecure_skip_verify, ca_pem, proxy_url and unknown keys, as given
  settings json not null default '{}',
  -- AES-256-GCM of the credentials map, bound to tenant and service_id
  credentials_sealed bytea,
  -- names of the credentials held, which may be shown
  credential_names text[] not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  primary key (tenant, source_no),
  unique (tenant, service_id)
);
create unique index sources_name on sync.sources (tenant, name) where deleted_at is null;
create index sources_agent on sync.sources (tenant, agent_id) where deleted_at is null;

-- A trigger, because every way of changing a source must be seen, the ones that are still to be written too.
create function sync.bump_config_rev() returns trigger language plpgsql as $$
begin
  update sync.agents a set config_rev = config_rev + 1
   where (a.tenant, a.agent_id) in ((old.tenant, old.agent_id), (new.tenant, new.agent_id));
  return null;
end $$;
create trigger sources_told after insert or update or delete on sync.sources
  for each row execute function sync.bump_config_rev();

-- What an operator asked an agent to do over its control stream, and what came of it.
create table sync.commands (
  tenant int not null,
  command_id uuid not null,
  agent_id text collate "C" not null,
  type text collate "C" not null,
  -- the source that it is about, by its service id
  service_id uuid,
  payload json not null default '{}',
  ttl_seconds int not null,
  actor text not null,
  created_at timestamptz not null default now(),
  -- pending | sent | acknowledged | succeeded | failed | expired
  state text collate "C" not null default 'pending',
  progress_percent int,
  message text,
  result json,
  changed_at timestamptz not null default now(),
  ended_at timestamptz,
  primary key (tenant, command_id)
);
create index commands_open on sync.commands (tenant, agent_id, created_at) where ended_at is null;
create index commands_source on sync.commands (tenant, service_id, created_at);

create table sync.api_tokens (
  tenant int not null,
  token_no int not null,
  name text not null,
  sha256 text collate "C" not null unique,
  role text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  primary key (tenant, token_no)
);

-- How long things are kept and when they go, per tenant: what differs from the defaults of model/retention.ts.
create table sync.retention (
  tenant int primary key,
  settings json not null
);

-- Every change of the control plane and of human decisions, with who and what.
create table sync.audit (
  tenant int not null,
  audit_no bigint generated always as identity,
  at timestamptz not null default now(),
  actor text not null,
  action text not null,
  subject text not null,
  before json,
  after json,
  primary key (tenant, audit_no)
);

-- What the gateway refused, counted. Messages come from a fixed set, so the table stays small.
create table sync.refusals (
  tenant int not null,
  agent_id text collate "C" not null,
  code text collate "C" not null,
  message text collate "C" not null,
  refused bigint not null,
  first_at timestamptz not null default now(),
  last_at timestamptz not null default now(),
  primary key (tenant, agent_id, code, message)
);
