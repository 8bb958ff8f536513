-- Look-ups of many keys by one call. Each returns a JSON array in any order, in which each value names its key, or null
-- when there is none. EXECUTE plans them at each call, for the one app and the present size of its tables.

-- Returns entries by id.
CREATE OR REPLACE FUNCTION ledger.entries_by_id(app text, ids bigint[]) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  found json;
BEGIN
  EXECUTE '
    SELECT json_agg(ledger.entry_json(e.id, e.owner_id, e.seq, e.operation, e.amount, e.balance_after, e.nonce, e.transaction_id,
                            e.metadata, e.created_on, e.reverses, e.refunds, e.hold_id, e.book))
      FROM ledger.entries e WHERE e.app = $1 AND e.id = ANY ($2)'
    INTO found USING app, ids;
  RETURN found;
END $$;

-- Returns the entries of transactions, each transaction's in the order in which they were posted.
CREATE OR REPLACE FUNCTION ledger.entries_by_transaction(app text, ids uuid[]) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  found json;
BEGIN
  EXECUTE '
    SELECT json_agg(ledger.entry_json(e.id, e.owner_id, e.seq, e.operation, e.amount, e.balance_after, e.nonce, e.transaction_id,
                            e.metadata, e.created_on, e.reverses, e.refunds, e.hold_id, e.book) ORDER BY e.id)
      FROM ledger.entries e WHERE e.app = $1 AND e.transaction_id = ANY ($2)'
    INTO found USING app, ids;
  RETURN found;
END $$;

-- Returns the app's first entry of each owner's nonce in a book (null: the app's own). The owners are named once more, so
-- that a cluster asks their shards alone. In another collation than the index has, this is no condition of the index.
CREATE OR REPLACE FUNCTION ledger.entries_by_nonce(app text, owner_ids text[], nonces text[], book text DEFAULT NULL) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  found json;
BEGIN
  EXECUTE '
    SELECT json_agg(ledger.entry_json(e.id, e.owner_id, e.seq, e.operation, e.amount, e.balance_after, e.nonce, e.transaction_id,
                            e.metadata, e.created_on, e.reverses, e.refunds, e.hold_id, e.book))
      FROM unnest($2, $3) key (owner_id, nonce)
      JOIN ledger.entries e ON e.app = $1 AND e.book = $4 AND e.owner_id = key.owner_id AND e.nonce = key.nonce AND e.place = 1
     WHERE e.owner_id = ANY ($2 COLLATE "default")'
    INTO found USING app, owner_ids, nonces, coalesce(book, app);
  RETURN found;
END $$;

-- Returns the balance after each owner's last entry in a book (null: the app's own) up to a moment, in the order of the keys.
-- Null before the first entry. It reads with the rights of its owner, because entries of other apps count, too.
CREATE OR REPLACE FUNCTION ledger.amounts_at(app text, owner_ids text[], moments timestamptz[], book text DEFAULT NULL) RETURNS json LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  apps text[];
  amount bigint;
  amounts bigint[] := '{}';
BEGIN
  book := coalesce(book, app);
  apps := ledger.apps_of(book);
  FOR n IN 1..cardinality(owner_ids) LOOP
    amount := NULL;
    EXECUTE format('
      SELECT e.balance_after - CASE WHEN a.updated_on <= $5 THEN %s ELSE 0 END
        FROM ledger.entries e JOIN ledger.accounts a ON a.book = e.book AND a.owner_id = e.owner_id
       WHERE e.app = ANY ($1) AND e.book = $2 AND e.owner_id = $3 AND e.seq = $4', ledger.expired_credits('$5'))
      INTO amount USING apps, book, owner_ids[n], ledger.last_seq(apps, book, owner_ids[n], moments[n]), moments[n];
    amounts := array_append(amounts, amount);
  END LOOP;
  RETURN to_json(amounts);
END $$;

-- Returns holds by id.
CREATE OR REPLACE FUNCTION ledger.holds_by_id(app text, ids bigint[]) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  found json;
BEGIN
  EXECUTE '
    SELECT json_agg(ledger.hold_json(h.id, h.owner_id, h.operation, h.amount, h.captured, h.nonce, h.metadata, h.created_on, h.expires_on,
                           h.released_on, h.captured_by, greatest(ledger.now(), a.updated_on), h.book))
      FROM ledger.holds h JOIN ledger.accounts a ON a.book = h.book AND a.owner_id = h.owner_id
     WHERE h.app = $1 AND h.id = ANY ($2)'
    INTO found USING app, ids;
  RETURN found;
END $$;

-- Returns the app's live holds of each owner in a book (null: the app's own), the newest 100, newest first, in the order of
-- the keys.
CREATE OR REPLACE FUNCTION ledger.live_holds_of(app text, owner_ids text[], book text DEFAULT NULL) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  at timestamptz;
  live json;
  found json[] := '{}';
BEGIN
  book := coalesce(book, app);
  FOR n IN 1..cardinality(owner_ids) LOOP
    at := greatest(ledger.now(), (SELECT a.updated_on FROM ledger.accounts a WHERE a.book = live_holds_of.book AND a.owner_id = owner_ids[n]));
    EXECUTE '
      SELECT json_agg(live.json) FROM (
        SELECT ledger.hold_json(h.id, h.owner_id, h.operation, h.amount, h.captured, h.nonce, h.metadata, h.created_on, h.expires_on,
                                h.released_on, h.captured_by, $4, h.book) AS json
          FROM ledger.holds h
         WHERE h.app = $1 AND h.book = $2 AND h.owner_id = $3 AND h.expires_on > $4 AND h.released_on IS NULL
         ORDER BY h.created_on DESC, h.id DESC LIMIT 100
      ) live'
      INTO live USING app, book, owner_ids[n], at;
    found := array_append(found, live);
  END LOOP;
  RETURN to_json(found);
END $$;

-- Returns the entries that captured each hold of an owner in a book (null: the app's own), oldest first, up to 100, in the
-- order of the keys. The order is the one of the index that has them.
CREATE OR REPLACE FUNCTION ledger.captures_of(app text, owner_ids text[], hold_ids bigint[], book text DEFAULT NULL) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  captures json;
  found json[] := '{}';
BEGIN
  FOR n IN 1..cardinality(owner_ids) LOOP
    EXECUTE '
      SELECT json_agg(ledger.entry_json(e.id, e.owner_id, e.seq, e.operation, e.amount, e.balance_after, e.nonce, e.transaction_id,
                              e.metadata, e.created_on, e.reverses, e.refunds, e.hold_id, e.book) ORDER BY e.seq)
        FROM (SELECT * FROM ledger.entries e
               WHERE e.app = $1 AND e.book = $2 AND e.owner_id = $3 AND e.hold_id BETWEEN $4 AND $4
               ORDER BY e.owner_id, e.hold_id, e.seq LIMIT 100) e'
      INTO captures USING app, coalesce(book, app), owner_ids[n], hold_ids[n];
    found := array_append(found, captures);
  END LOOP;
  RETURN to_json(found);
END $$;

-- Returns entries of an account, of all apps that share its book, by seq between two exclusive bounds. Of another app's
-- entry it has what every app of the book may know. It reads with the rights of its owner.
CREATE OR REPLACE FUNCTION ledger.account_entries(
  app text, book text, owner_id text, above bigint, below bigint, descending boolean, size integer
) RETURNS json LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found json;
  -- Whoever reads the rows of all apps reads as any app, also as one without a role.
  own CONSTANT text := CASE WHEN ledger.may_use(app) OR ledger.reads_all() THEN app END;
BEGIN
  EXECUTE format('
    SELECT json_agg(CASE WHEN e.app = $1
             THEN ledger.entry_json(e.id, e.owner_id, e.seq, e.operation, e.amount, e.balance_after, e.nonce, e.transaction_id,
                                    e.metadata, e.created_on, e.reverses, e.refunds, e.hold_id, e.book)
             ELSE json_build_object(''app'', e.app, ''ownerId'', e.owner_id, ''book'', e.book, ''seq'', e.seq, ''operation'', e.operation,
                                    ''amount'', e.amount, ''balanceAfter'', e.balance_after, ''createdOn'', ledger.epoch_ms(e.created_on))
           END ORDER BY e.seq %1$s)
      FROM (SELECT * FROM ledger.entries e
             WHERE e.app = ANY ($2) AND e.book = $3 AND e.owner_id = $4 AND e.seq > $5 AND e.seq < $6
             ORDER BY e.seq %1$s LIMIT $7) e', CASE WHEN descending THEN 'DESC' ELSE 'ASC' END)
    INTO found USING own, ledger.apps_of(book), book, owner_id, above, below, size;
  RETURN found;
END $$;
