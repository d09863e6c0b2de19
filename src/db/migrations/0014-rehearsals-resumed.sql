-- A rehearsal whose agent has sent all of it is played by whichever core is there, also where one died before or while it played it.
-- Effect on a large table: none; columns without a default change the catalogue alone, and the table is small.
alter table sync.rehearsals
  -- since when all of it is here; null: an operator adds it, or its agent has not ended
  add column whole_at timestamptz,
  -- when the core that plays it last said so
  add column playing_at timestamptz,
  -- by how many cores it was taken to be played: one that ends each of them is not taken for ever
  add column plays int not null default 0;
