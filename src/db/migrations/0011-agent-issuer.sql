-- Whose certificate an agent greets with, so that a page can say which authority its trust hangs on.
-- Effect on a large table: none, a column without a default; agents are few.

-- the certificate's issuer as a distinguished name, from the agent's last hello
alter table sync.agents add column certificate_issuer text;
