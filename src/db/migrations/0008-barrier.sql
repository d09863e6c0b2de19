-- The barrier between tenants: whoever is not the owner of these tables sees and writes rows of the one tenant that the
-- transaction names (set local sync.tenant), and no row where it names none. docs/decisions/0012-barrier.md.
-- Effect on a large table: none. Each takes its exclusive lock for an instant, to change the catalogue.

-- Later migrations call it for every table they make; test/db/barrier.test.ts finds one that was forgotten. The subquery is evaluated
-- once a statement, and since it is an equality, a query that names its tenant too compares the two once, not row by row.
create function sync.keep_apart(apart regclass) returns void language plpgsql as $$
begin
  execute format('alter table %s enable row level security', apart);
  execute format(
    'create policy own_tenant on %s using (tenant = (select nullif(current_setting(''sync.tenant'', true), '''')::int))', apart);
  -- COPY is refused to whom a policy binds, so it runs as the owner: what names no tenant is of the transaction's.
  execute format('alter table %s alter tenant set default nullif(current_setting(''sync.tenant'', true), '''')::int', apart);
  execute format('grant select, insert, update, delete on %s to pg_database_owner', apart);
end $$;

grant usage on schema sync to pg_database_owner;
grant usage on schema platform to pg_database_owner;

select sync.keep_apart(c.oid)
  from pg_class c
 where c.relnamespace = 'sync'::regnamespace and c.relkind = 'r'
   and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant' and not a.attisdropped)
 order by c.relname;

-- What belongs to no tenant may be read.
grant select on sync.settings, sync.migrations to pg_database_owner;
grant select on sync.speaking, sync.alias_states, sync.spoken, sync.spoken_values to pg_database_owner;
grant select on platform.ocsf_devices, platform.device_identifiers, platform.merge_audit, platform.device_alias_states
  to pg_database_owner;
