-- Returns the version of the ledger's SQL in this database, and the oldest servers that it serves. A server has the version
-- in packages/ledger/src/database/version.ts. Every migration of the ledger raises the version. A migration that removes or
-- changes something that older servers use raises serves, too.
CREATE OR REPLACE FUNCTION ledger.version(OUT version integer, OUT serves integer) LANGUAGE sql IMMUTABLE AS $$
  SELECT 12, 1
$$;

REVOKE ALL ON FUNCTION ledger.version FROM PUBLIC;
