-- Lookups of many keys by one call: what is found for each, in the order of the keys, as a JSON array; null where there is
-- nothing. Each key is looked up by itself, as in ledger.balances, and planned at each call, by EXECUTE: for the one app,
-- and by how much there is now.

-- Entries by id.
CREATE OR REPLACE FUNCTION ledger.entries_by_id(app text, ids bigint[]) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  found json;
BEGIN
  EXECUTE '
    SELECT json_agg((
             SELECT ledger.entry_json(e) FROM ledger.entries e WHERE e.app = $1 AND e.id = key.id
           ) ORDER BY key.place)
      FROM unnest($2) WITH ORDINALITY key (id, place)'
    INTO found USING app, ids;
  RETURN found;
END $$;

-- The entries of transactions: for each an array, in the order in which they were posted.
CREATE OR REPLACE FUNCTION ledger.entries_by_transaction(app text, ids uuid[]) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  found json;
BEGIN
  EXECUTE '
    SELECT json_agg((
             SELECT json_agg(ledger.entry_json(e) ORDER BY e.id)
               FROM ledger.entries e WHERE e.app = $1 AND e.transaction_id = key.id
           ) ORDER BY key.place)
      FROM unnest($2) WITH ORDINALITY key (id, place)'
    INTO found USING app, ids;
  RETURN found;
END $$;

-- The first entry of each owner's nonce.
CREATE OR REPLACE FUNCTION ledger.entries_by_nonce(app text, owner_ids text[], nonces text[]) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  found json;
BEGIN
  EXECUTE '
    SELECT json_agg((
             SELECT ledger.entry_json(e) FROM ledger.entries e
              WHERE e.app = $1 AND e.owner_id = key.owner_id AND e.nonce = key.nonce AND e.place = 1
           ) ORDER BY key.place)
      FROM unnest($2, $3) WITH ORDINALITY key (owner_id, nonce, place)'
    INTO found USING app, owner_ids, nonces;
  RETURN found;
END $$;

-- The balance after each owner's last entry until a moment; null before the first.
CREATE OR REPLACE FUNCTION ledger.amounts_at(app text, owner_ids text[], moments timestamptz[]) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  found json;
BEGIN
  EXECUTE '
    SELECT json_agg((
             SELECT e.balance_after FROM ledger.entries e
              WHERE e.app = $1 AND e.owner_id = key.owner_id
                AND e.seq = (SELECT ledger.seq_at($1, key.owner_id, key.moment))
           ) ORDER BY key.place)
      FROM unnest($2, $3) WITH ORDINALITY key (owner_id, moment, place)'
    INTO found USING app, owner_ids, moments;
  RETURN found;
END $$;

-- Holds by id.
CREATE OR REPLACE FUNCTION ledger.holds_by_id(app text, ids bigint[]) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  found json;
BEGIN
  EXECUTE '
    SELECT json_agg((
             SELECT ledger.hold_json(h, greatest(ledger.now(), a.updated_on))
               FROM ledger.holds h JOIN ledger.accounts a ON a.app = h.app AND a.owner_id = h.owner_id
              WHERE h.app = $1 AND h.id = key.id
           ) ORDER BY key.place)
      FROM unnest($2) WITH ORDINALITY key (id, place)'
    INTO found USING app, ids;
  RETURN found;
END $$;

-- The live holds of owners: for each an array, newest first, up to 100.
CREATE OR REPLACE FUNCTION ledger.live_holds_of(app text, owner_ids text[]) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  found json;
BEGIN
  EXECUTE '
    SELECT json_agg((
             SELECT json_agg(ledger.hold_json(live.hold, account.at) ORDER BY (live.hold).id DESC)
               FROM (SELECT greatest(ledger.now(), a.updated_on) AS at
                       FROM ledger.accounts a WHERE a.app = $1 AND a.owner_id = key.owner_id) account,
            LATERAL (SELECT h AS hold FROM ledger.holds h
                      WHERE h.app = $1 AND h.owner_id = key.owner_id
                        AND h.expires_on > account.at AND h.released_on IS NULL
                      ORDER BY h.id DESC LIMIT 100) live
           ) ORDER BY key.place)
      FROM unnest($2) WITH ORDINALITY key (owner_id, place)'
    INTO found USING app, owner_ids;
  RETURN found;
END $$;
