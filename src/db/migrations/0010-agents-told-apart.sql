-- An agent that said that it stops is told from one that fell silent, and a refusal says whose certificate it was.
-- Effect on a large table: none; columns without a default change the catalogue alone, and both tables are small.
alter table sync.agents
  -- of its last goodbye; whatever it says later is newer than this
  add column stopped_at timestamptz;

alter table sync.refusals
  -- of the certificate that was refused last, lower-case hex; null: TLS ended before it was seen
  add column certificate_serial text collate "C",
  -- of its DER
  add column certificate_sha256 text collate "C";
