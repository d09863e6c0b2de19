-- A tenant that came beside larger ones is known to PostgreSQL's statistics before the tables have grown by a tenth, so that pages of its
-- devices and runs are planned for as many rows as it has. Work by key does not depend on it (plan-by-key.ts).
-- Effect on a large table: none; it waits for no query, and only the catalogue changes. Of a million records 25,000 that are new or changed
-- make autovacuum analyze it, which reads a sample of 30,000 rows, at most once a minute.
do $$
declare
  each text;
begin
  foreach each in array array['records', 'facts', 'members', 'devices', 'aliases', 'device_tags', 'record_versions', 'record_addresses'] loop
    execute format('alter table sync.%I set (autovacuum_analyze_scale_factor = 0.02, autovacuum_analyze_threshold = 5000)', each);
  end loop;
end $$;
