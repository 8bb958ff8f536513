-- Functions, from prisma/functions.

-- Posts the expiry of all credits of an account that have expired up to a moment, each at its own: that of the lot, or of
-- the end of a hold that reserved them. No entry is earlier than the last change of the account before it. An entry belongs
-- to the app that made the lot. Its nonce is the id of its transaction, which no caller can know before.
CREATE OR REPLACE FUNCTION ledger.settle_lots(
  book text, owner_id text, at timestamptz, INOUT balance bigint, INOUT held bigint, INOUT holds_expire_on timestamptz, INOUT seq bigint,
  INOUT head bytea, INOUT updated_on timestamptz, OUT lots_expire_on timestamptz
) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  seq_read CONSTANT bigint := seq;
  due record;
  transaction_id uuid;
  entry_id bigint;
BEGIN
  FOR due IN
    SELECT d.app, d.id, d.moment, d.amount FROM (
      SELECT k.*, (coalesce(lag(k.kept) OVER (PARTITION BY k.id ORDER BY k.moment), k.rest) - k.kept)::bigint AS amount
        FROM (
          SELECT l.app, l.id, l.rest, l.priority, l.kind, l.expires_on, l.seq, m.moment, least(l.rest, (
                   SELECT coalesce(sum(r.amount), 0) FROM ledger.lot_holds r
                     JOIN ledger.holds h ON h.book = r.book AND h.owner_id = r.owner_id AND h.id = r.hold_id
                    WHERE r.book = book AND r.owner_id = owner_id AND r.lot_id = l.id AND h.released_on IS NULL AND h.expires_on > m.moment)) AS kept
            FROM ledger.lots l, LATERAL (
              SELECT greatest(l.expires_on, updated_on) AS moment
              UNION
              SELECT greatest(h.expires_on, updated_on) FROM ledger.lot_holds r
                JOIN ledger.holds h ON h.book = r.book AND h.owner_id = r.owner_id AND h.id = r.hold_id
               WHERE r.book = book AND r.owner_id = owner_id AND r.lot_id = l.id AND h.released_on IS NULL
                 AND h.expires_on > l.expires_on AND h.expires_on <= at) m
           WHERE l.book = book AND l.owner_id = owner_id AND l.rest > 0 AND l.expires_on <= at
        ) k
    ) d WHERE d.amount > 0 ORDER BY d.moment, d.priority, d.expires_on, d.kind DESC, d.seq, d.id
  LOOP
    updated_on := due.moment;
    balance := balance - due.amount;
    seq := seq + 1;
    entry_id := nextval('ledger.entries_id_seq');
    transaction_id := ledger.transaction_id(ledger.random_attempt(updated_on), owner_id, '');
    head := ledger.next_hash(head, ledger.entry_form(
      due.app, book, owner_id, seq, entry_id, 'CREDIT_EXPIRED', -due.amount, balance, transaction_id::text, 1, transaction_id, '{}', updated_on,
      NULL, NULL, NULL));
    INSERT INTO ledger.entries (app, book, owner_id, seq, id, operation, amount, balance_after, nonce, transaction_id, created_on, hash)
    VALUES (due.app, book, owner_id, seq, entry_id, 'CREDIT_EXPIRED', -due.amount, balance, transaction_id::text, transaction_id, updated_on, head);
    PERFORM ledger.use_lot(book, owner_id, due.id, entry_id, seq, 1, -due.amount);
  END LOOP;
  -- As of the moment that the row says: the clock may go back, and then a hold that has expired by now is live again. What
  -- the caller knows is held may be as of a later moment.
  SELECT h.held, h.expire_on INTO held, holds_expire_on FROM ledger.live_holds(book, owner_id, updated_on) h;
  lots_expire_on := (SELECT coalesce(min(l.expires_on), 'infinity') FROM ledger.lots l
                      WHERE l.book = book AND l.owner_id = owner_id AND l.rest > 0 AND l.expires_on IS NOT NULL);
  UPDATE ledger.accounts a
     SET balance = balance, held = held, holds_expire_on = holds_expire_on, seq = seq, head = head, updated_on = updated_on,
         lots_expire_on = lots_expire_on
   WHERE a.book = book AND a.owner_id = owner_id AND a.seq = seq_read;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the account has changed since it was locked' USING ERRCODE = 'serialization_failure';
  END IF;
END $$;

-- Returns what entries took from lots and gave back to them: a JSON array by entry, of up to 100 uses each, in their order.
CREATE OR REPLACE FUNCTION ledger.uses_of_entries(book text, owner_ids text[], entry_ids bigint[]) RETURNS json LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  uses json;
  found json[] := '{}';
BEGIN
  FOR n IN 1..cardinality(entry_ids) LOOP
    uses := NULL;
    IF ledger.may_use_book(book) THEN
      EXECUTE '
        SELECT json_agg(ledger.use_json(u.lot_id, u.entry_id, u.seq, u.place, u.amount) ORDER BY u.place, u.lot_id)
          FROM (SELECT u.* FROM ledger.lot_uses u
                 WHERE u.book = $1 AND u.owner_id = $2 AND u.entry_id = $3 ORDER BY u.place, u.lot_id LIMIT 100) u'
        INTO uses USING book, owner_ids[n], entry_ids[n];
    END IF;
    found := array_append(found, uses);
  END LOOP;
  RETURN to_json(found);
END $$;

-- Returns the version of the ledger's SQL in this database, and the oldest servers that it serves. A server has the version
-- in packages/ledger/src/database/version.ts. Every migration of the ledger raises the version. A migration that removes or
-- changes something that older servers use raises serves, too.
CREATE OR REPLACE FUNCTION ledger.version(OUT version integer, OUT serves integer) LANGUAGE sql IMMUTABLE AS $$
  SELECT 12, 1
$$;

REVOKE ALL ON FUNCTION ledger.version FROM PUBLIC;

-- The copies of functions that apps and shards have.
SELECT ledger.make_functions(app) FROM ledger.apps;
