-- What was captured before holds counted it. Each of these holds was captured once, and has ended. It locks no table against
-- postings, which change no hold that has ended.
UPDATE ledger.holds h SET captured = -e.amount
  FROM ledger.entries e
 WHERE h.captured_by IS NOT NULL AND h.captured = 0
   AND e.app = h.app AND e.book = h.book AND e.owner_id = h.owner_id AND e.id = h.captured_by;

-- Functions, from prisma/functions.

-- Returns the version of the ledger's SQL in this database, and the oldest servers that it serves. A server has the version
-- in packages/ledger/src/database/version.ts. Every migration of the ledger raises the version. A migration that removes or
-- changes something that older servers use raises serves, too.
CREATE OR REPLACE FUNCTION ledger.version(OUT version integer, OUT serves integer) LANGUAGE sql IMMUTABLE AS $$
  SELECT 11, 1
$$;

REVOKE ALL ON FUNCTION ledger.version FROM PUBLIC;
