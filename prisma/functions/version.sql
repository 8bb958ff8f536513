-- The version of what the ledger has in this database, and the oldest servers that it serves: a server has the version of the
-- SQL that it came with (packages/ledger/src/database/version.ts). Every migration of the ledger raises the version. It raises
-- serves, too, where it takes away or changes what servers of before ask for.
CREATE OR REPLACE FUNCTION ledger.version(OUT version integer, OUT serves integer) LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
  SELECT 2, 1;
END;

REVOKE ALL ON FUNCTION ledger.version FROM PUBLIC;
