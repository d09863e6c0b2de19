-- People who log in to the web page, what they may in each tenant, and what they keep there.
-- Effect on a large table: none, all tables are new and small; the audit's index is built over what it has.

-- Of no tenant: one person may work in several. Only the tables' owner reads it, never work of a tenant.
create table sync.users (
  user_no int primary key generated always as identity,
  -- lower case; what is typed at log-in and what the audit shows
  username text collate "C" not null unique,
  display_name text not null,
  -- argon2id in PHC form; null: logs in by OIDC or by a link alone
  password_hash text,
  oidc_issuer text collate "C",
  oidc_subject text collate "C",
  is_platform_admin boolean not null default false,
  is_disabled boolean not null default false,
  created_at timestamptz not null default now(),
  last_login_at timestamptz,
  unique (oidc_issuer, oidc_subject)
);

create table sync.memberships (
  tenant int not null,
  user_no int not null,
  -- viewer | operator | admin
  role text collate "C" not null,
  -- given by a group of the identity provider, and taken away with it
  by_oidc boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (tenant, user_no)
);
create index memberships_user on sync.memberships (user_no);
select sync.keep_apart('sync.memberships');

-- A row a session of a browser. Only the hash of what the cookie holds is kept.
create table sync.sessions (
  sha256 text collate "C" primary key,
  user_no int not null,
  created_at timestamptz not null,
  used_at timestamptz not null,
  ends_at timestamptz not null,
  by_oidc boolean not null default false
);
create index sessions_user on sync.sessions (user_no);

-- Tokens that are good for one use: the first set-up, and log-in by a link. Only hashes are kept.
create table sync.one_time_tokens (
  sha256 text collate "C" primary key,
  -- null: the first set-up
  user_no int,
  expires_at timestamptz not null
);

-- Log-ins that were tried, by user name and by address, so that all replicas count together.
create table sync.login_attempts (
  -- sha256 of what is counted: names that people mistyped may be passwords
  key text collate "C" primary key,
  attempts int not null,
  since timestamptz not null
);

-- Filters of the device list that people keep.
create table sync.saved_views (
  tenant int not null,
  -- who made it, as the audit names callers
  owner text collate "C" not null,
  name text collate "C" not null,
  query text not null,
  columns json not null,
  sort json not null,
  shared boolean not null,
  updated_at timestamptz not null default now(),
  primary key (tenant, owner, name)
);
create index saved_views_shared on sync.saved_views (tenant, name) where shared;
select sync.keep_apart('sync.saved_views');
