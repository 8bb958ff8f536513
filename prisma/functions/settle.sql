-- Settling: what time alone has changed in an account up to a moment. Today that is the credits of expired holds.

-- Returns what an account's live holds set aside at a moment, and when the first of them expires.
CREATE OR REPLACE FUNCTION ledger.live_holds(
  book text, owner_id text, at timestamptz, OUT held bigint, OUT expire_on timestamptz
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
BEGIN
  SELECT coalesce(sum(h.amount - h.captured), 0), min(h.expires_on) INTO held, expire_on
    FROM ledger.holds h
   WHERE h.book = book AND h.owner_id = owner_id AND h.expires_on > at AND h.released_on IS NULL;
END $$;

-- Returns the SQL of the credits of an account "a" that are held at a moment. at: the moment in SQL. It is a part of a
-- statement that reads the account: on a cluster, two statements may see the account before a posting and its holds after it.
CREATE OR REPLACE FUNCTION ledger.held_credits(at text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN format('
  CASE WHEN a.holds_expire_on <= %1$s THEN (
    SELECT coalesce(sum(h.amount - h.captured), 0)::bigint FROM ledger.holds h
     WHERE h.book = a.book AND h.owner_id = a.owner_id AND h.expires_on > %1$s AND h.released_on IS NULL
  ) ELSE a.held END', at);
END $$;

-- Returns the credits of an account that are held at a moment: held, unless one of its holds has expired since that was
-- written.
CREATE OR REPLACE FUNCTION ledger.held_at(
  book text, owner_id text, held bigint, holds_expire_on timestamptz, at timestamptz
) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF holds_expire_on <= at THEN
    RETURN (ledger.live_holds(book, owner_id, at)).held;
  END IF;
  RETURN held;
END $$;
