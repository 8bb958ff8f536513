-- Lots: parts of a balance that may expire, and that are spent in an order.

CREATE DOMAIN ledger.lot_priority AS smallint CONSTRAINT lot_priority_range CHECK (VALUE BETWEEN 0 AND 100);
CREATE DOMAIN ledger.lot_kind AS text COLLATE "C" CONSTRAINT lot_kind_name CHECK (VALUE IN ('paid', 'promotional'));

-- Not later than the first of its lots expires. Infinity: none does. Null: it never had a lot.
ALTER TABLE ledger.accounts ADD COLUMN lots_expire_on timestamptz(3);

CREATE SEQUENCE ledger.lots_id_seq;

CREATE TABLE ledger.lots (
  app        text                  NOT NULL, -- that made it, whose entries its expiry and its void are
  book       text                  NOT NULL COLLATE "C",
  owner_id   text                  NOT NULL COLLATE "C",
  id         bigint                NOT NULL DEFAULT nextval('ledger.lots_id_seq'),
  entry_id   bigint,                         -- that made it; null: the balance that the account had before its first lot
  seq        ledger.seq_from_0     NOT NULL, -- of that entry; 0: no entry
  amount     ledger.credits_from_1 NOT NULL,
  rest       ledger.credits_from_0 NOT NULL,
  priority   ledger.lot_priority   NOT NULL, -- the lowest is spent first
  kind       ledger.lot_kind       NOT NULL,
  created_on timestamptz(3)        NOT NULL,
  expires_on timestamptz(3),
  CONSTRAINT lots_pkey PRIMARY KEY (book, owner_id, id),
  CONSTRAINT lots_rest CHECK (rest <= amount)
) WITH (fillfactor=70);

ALTER SEQUENCE ledger.lots_id_seq OWNED BY ledger.lots.id;

CREATE INDEX lots_id_idx ON ledger.lots (id);

-- The order in which lots are spent.
CREATE INDEX lots_order_idx ON ledger.lots (book, owner_id, priority, expires_on, kind DESC, seq, id) WHERE rest > 0;
CREATE INDEX lots_seq_idx ON ledger.lots (book, owner_id, seq, id);

-- What an entry took from a lot (below 0) or gave back to it. place: counts the uses of an entry; 0 is what each new lot pays of
-- a balance below 0. returns: the entry whose credits come back.
CREATE TABLE ledger.lot_uses (
  book     text              NOT NULL COLLATE "C",
  owner_id text              NOT NULL COLLATE "C",
  entry_id bigint            NOT NULL,
  seq      ledger.seq_from_1 NOT NULL, -- of that entry
  place    integer           NOT NULL,
  lot_id   bigint            NOT NULL,
  amount   ledger.credits    NOT NULL,
  returns  bigint,
  CONSTRAINT lot_uses_pkey PRIMARY KEY (book, owner_id, entry_id, place, lot_id),
  CONSTRAINT lot_uses_amount CHECK (amount <> 0)
);

CREATE INDEX lot_uses_lot_idx ON ledger.lot_uses (book, owner_id, lot_id, seq, place);
CREATE INDEX lot_uses_returns_idx ON ledger.lot_uses (book, owner_id, returns) WHERE returns IS NOT NULL;

-- What a hold reserves of a lot.
CREATE TABLE ledger.lot_holds (
  book     text                  NOT NULL COLLATE "C",
  owner_id text                  NOT NULL COLLATE "C",
  hold_id  bigint                NOT NULL,
  lot_id   bigint                NOT NULL,
  amount   ledger.credits_from_0 NOT NULL,
  CONSTRAINT lot_holds_pkey PRIMARY KEY (book, owner_id, hold_id, lot_id)
);

CREATE INDEX lot_holds_lot_idx ON ledger.lot_holds (book, owner_id, lot_id);

-- No policy: whoever is not the owner reaches lots through functions alone, whatever else is granted.
ALTER TABLE ledger.lots ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger.lot_uses ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger.lot_holds ENABLE ROW LEVEL SECURITY;

DO $$ BEGIN
  IF ledger.is_distributed() THEN
    PERFORM create_distributed_table(made::regclass, 'owner_id', colocate_with := 'ledger.accounts')
       FROM unnest('{ledger.lots,ledger.lot_uses,ledger.lot_holds}'::text[]) made;
  END IF;
END $$;

-- Functions, from prisma/functions.

-- Returns the SQL of the credits of an account "a" that have expired up to a moment and that no entry has taken yet. at: the
-- moment in SQL. It is a part of a statement that reads the account: on a cluster, two statements may see the account before
-- a posting and its lots after it.
CREATE OR REPLACE FUNCTION ledger.expired_credits(at text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN format('
  CASE WHEN a.lots_expire_on <= %1$s THEN (
    SELECT coalesce(sum(l.rest - least(l.rest, (
             SELECT coalesce(sum(r.amount), 0) FROM ledger.lot_holds r
               JOIN ledger.holds h ON h.book = r.book AND h.owner_id = r.owner_id AND h.id = r.hold_id
              WHERE r.book = a.book AND r.owner_id = a.owner_id AND r.lot_id = l.id AND h.released_on IS NULL AND h.expires_on > %1$s))), 0)::bigint
      FROM ledger.lots l WHERE l.book = a.book AND l.owner_id = a.owner_id AND l.rest > 0 AND l.expires_on <= %1$s
  ) ELSE 0 END', at);
END $$;

-- Returns a page of a book's accounts as a JSON array: owners that begin with a prefix, after one owner and before
-- another (null: to the end), in the order of their bytes. backward: reads from the last owner on. EXECUTE plans it at
-- each call: only a plan that knows the prefix finds its owners in the index. An account and its holds are read by one
-- statement, which sees both at one moment. It reads with the rights of its owner, because holds of other apps count, too.
CREATE OR REPLACE FUNCTION ledger.accounts_page(
  book text, prefix text, after text, before text, backward boolean, size integer
) RETURNS json LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  account record;
  accounts json[] := '{}';
  now timestamptz := ledger.now();
BEGIN
  IF NOT ledger.may_use_book(book) THEN
    RETURN '[]';
  END IF;
  FOR account IN EXECUTE format('
    SELECT a.owner_id, (a.balance - %s)::bigint AS balance, a.overdraft, a.state, a.seq, a.created_on, a.updated_on, CASE WHEN a.holds_expire_on <= $6 THEN (
             SELECT coalesce(sum(h.amount), 0)::bigint FROM ledger.holds h
              WHERE h.book = a.book AND h.owner_id = a.owner_id AND h.expires_on > $6 AND h.released_on IS NULL
           ) ELSE a.held END AS held
      FROM ledger.accounts a
     WHERE a.book = $1 AND a.owner_id ^@ $2 AND a.owner_id > $3 AND ($4 IS NULL OR a.owner_id < $4)
     ORDER BY a.owner_id %s LIMIT $5', ledger.expired_credits('$6'), CASE WHEN backward THEN 'DESC' ELSE 'ASC' END)
    USING book, prefix, after, before, size, now
  LOOP
    accounts := array_append(accounts, json_build_object(
      'balance', ledger.balance_json(account.owner_id, account.balance, account.overdraft, account.held, account.state),
      'entryCount', account.seq,
      'createdOn', ledger.epoch_ms(account.created_on),
      'updatedOn', ledger.epoch_ms(account.updated_on)));
  END LOOP;
  RETURN to_json(accounts);
END $$;

-- held: what live holds reserve of the lot. at: the moment for which its status is computed.
CREATE OR REPLACE FUNCTION ledger.lot_json(
  id bigint, app text, owner_id text, book text, entry_id bigint, seq bigint, amount bigint, rest bigint, held bigint, priority integer, kind text,
  created_on timestamptz, expires_on timestamptz, at timestamptz
) RETURNS json LANGUAGE sql STABLE
RETURN json_build_object(
  'id', id::text,
  'app', app,
  'ownerId', owner_id,
  'book', book,
  'entryId', entry_id::text,
  'seq', seq,
  'amount', amount,
  'rest', CASE WHEN expires_on <= at THEN least(rest, held) ELSE rest END,
  'held', least(rest, held),
  'priority', priority,
  'kind', kind,
  'createdOn', ledger.epoch_ms(created_on),
  'expiresOn', ledger.epoch_ms(expires_on)
);

CREATE OR REPLACE FUNCTION ledger.use_json(lot_id bigint, entry_id bigint, seq bigint, place integer, amount bigint) RETURNS json LANGUAGE sql IMMUTABLE
RETURN json_build_object('lotId', lot_id::text, 'entryId', entry_id::text, 'seq', seq, 'place', place, 'amount', amount);

-- Makes the functions that post to one shard of an app, for each shard: copies of those for one PostgreSQL, which name
-- the shard's tables in place of the ledger's. Citus need not plan their statements, so that they cost as on one
-- PostgreSQL. Every node has those of all shards. A function that asks all shards has no copy.
CREATE OR REPLACE FUNCTION ledger.make_shard_functions(app text) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  names CONSTANT text[] := ARRAY[
    'post_template', 'append_template', 'replay_template', 'judge_template', 'judge_correction_template',
    'is_limit_reached_template', 'is_limit_exceeded_template', 'anchored_window', 'begin_window', 'judge_capture', 'lock_accounts', 'lock_missing_account', 'make_accounts', 'make_free_accounts',
    'remove_unused_accounts', 'save_accounts', 'live_holds', 'held_at', 'set_aside', 'make_hold', 'release_hold', 'capture_hold',
    'retired_operations', 'assert_declared', 'assert_books', 'has_made',
    'judge_void', 'make_lot', 'use_lot', 'reserve_lots', 'open_lots', 'take_lots', 'fill_lots', 'move_lots', 'lapsing', 'unreserved', 'settle_lots'];
  shard record;
  template record;
  moved record;
  definition text;
BEGIN
  FOR shard IN
    SELECT s.shardid AS id, shard_name(s.logicalrelid, s.shardid) AS entries,
           jsonb_object_agg(c.relname, shard_name(c.oid, t.shardid)) AS tables
      FROM pg_dist_shard s
      JOIN pg_dist_shard t ON t.shardminvalue IS NOT DISTINCT FROM s.shardminvalue OR t.shardminvalue IS NULL
      JOIN pg_class c ON c.oid = t.logicalrelid
     WHERE s.logicalrelid = to_regclass('ledger.entries_' || app)
       AND c.relnamespace = 'ledger'::regnamespace AND c.relname IN ('accounts', 'apps', 'books', 'entries', 'holds', 'limit_windows', 'lots', 'lot_uses', 'lot_holds')
     GROUP BY s.logicalrelid, s.shardid ORDER BY s.shardid
  LOOP
    FOR template IN
      SELECT p.oid, pg_get_functiondef(p.oid) AS definition, regexp_replace(p.proname, '(_template)?$', '_' || shard.id) AS name
        FROM pg_proc p WHERE p.pronamespace = 'ledger'::regnamespace AND p.proname = ANY (names)
    LOOP
      PERFORM ledger.drop_others(template.name, template.oid);
      definition := regexp_replace(
        template.definition, '\mledger\.(' || array_to_string(names, '|') || ')\(', 'ledger.\1_' || shard.id || '(', 'g');
      definition := replace(definition, '_template_' || shard.id || '(', '_' || shard.id || '(');
      definition := replace(definition, 'ledger.entries_template', shard.entries);
      definition := regexp_replace(definition, '\mledger\.(\w+)_template\M', 'ledger.\1_' || app, 'g');
      FOR moved IN SELECT t.key AS name, t.value AS shard FROM jsonb_each_text(shard.tables) t LOOP
        definition := regexp_replace(definition, '\mledger\.' || moved.name || '\M', moved.shard, 'g');
      END LOOP;
      definition := replace(definition, quote_literal('template'), quote_literal(app));
      definition := replace(definition, 'ledger.is_cluster()', 'false');
      definition := replace(definition, 'ledger.is_shard()', 'true');
      EXECUTE replace(definition, ' SECURITY DEFINER', '');
    END LOOP;
  END LOOP;
END $$;

REVOKE ALL ON FUNCTION ledger.make_shard_functions FROM PUBLIC;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.lock_shard(text[], text[], boolean);

-- Locks the accounts of one shard, as ledger.lock_accounts does. The statement names the owners once more, so that Citus
-- sends it to their shard. In another collation than the index has, this is no condition of the index.
CREATE OR REPLACE FUNCTION ledger.lock_shard(
  books text[], owner_ids text[], skip_busy boolean,
  OUT balances bigint[], OUT overdrafts bigint[], OUT helds bigint[], OUT expiries timestamptz[], OUT lot_expiries timestamptz[], OUT seqs bigint[],
  OUT updates timestamptz[], OUT heads bytea[], OUT states text[], OUT made integer[]
) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  missing integer[];
  known record;
BEGIN
  LOOP
    IF skip_busy THEN
      SELECT array_agg(a.balance ORDER BY o.number), array_agg(a.overdraft ORDER BY o.number), array_agg(a.held ORDER BY o.number),
             array_agg(a.holds_expire_on ORDER BY o.number), array_agg(a.lots_expire_on ORDER BY o.number), array_agg(a.seq ORDER BY o.number),
             array_agg(a.updated_on ORDER BY o.number), array_agg(a.head ORDER BY o.number), array_agg(a.state ORDER BY o.number)
        INTO balances, overdrafts, helds, expiries, lot_expiries, seqs, updates, heads, states
        FROM unnest(books, owner_ids) WITH ORDINALITY o (book, owner_id, number) LEFT JOIN LATERAL (
          SELECT a.* FROM ledger.accounts a
           WHERE a.book = o.book AND a.owner_id = o.owner_id AND a.owner_id = ANY (owner_ids COLLATE "default")
             FOR NO KEY UPDATE SKIP LOCKED
        ) a ON true;
      EXIT WHEN made IS NOT NULL OR array_position(updates, NULL) IS NULL;
    ELSE
      SELECT array_agg(a.balance ORDER BY o.number), array_agg(a.overdraft ORDER BY o.number), array_agg(a.held ORDER BY o.number),
             array_agg(a.holds_expire_on ORDER BY o.number), array_agg(a.lots_expire_on ORDER BY o.number), array_agg(a.seq ORDER BY o.number),
             array_agg(a.updated_on ORDER BY o.number), array_agg(a.head ORDER BY o.number), array_agg(a.state ORDER BY o.number)
        INTO balances, overdrafts, helds, expiries, lot_expiries, seqs, updates, heads, states
        FROM unnest(books, owner_ids) WITH ORDINALITY o (book, owner_id, number) LEFT JOIN LATERAL (
          SELECT a.* FROM ledger.accounts a
           WHERE a.book = o.book AND a.owner_id = o.owner_id AND a.owner_id = ANY (owner_ids COLLATE "default")
             FOR NO KEY UPDATE
        ) a ON true;
      EXIT WHEN array_position(updates, NULL) IS NULL;
    END IF;
    missing := (SELECT array_agg(o.number ORDER BY o.number) FROM unnest(updates) WITH ORDINALITY o (locked, number) WHERE o.locked IS NULL);
    IF skip_busy THEN
      SELECT array_agg(a.book) AS books, array_agg(a.owner_id) AS owner_ids INTO known
        FROM ledger.accounts a WHERE a.book = ANY (books) AND a.owner_id = ANY (owner_ids);
      missing := (
        SELECT array_agg(number ORDER BY number) FROM unnest(missing) number
         WHERE (books[number], owner_ids[number]) NOT IN (SELECT * FROM unnest(known.books, known.owner_ids)));
      EXIT WHEN missing IS NULL;
      made := ledger.make_free_accounts(books, owner_ids, missing);
      EXIT WHEN made IS NULL;
    ELSE
      made := made || ledger.make_accounts(books, owner_ids, missing);
    END IF;
  END LOOP;
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.lock_shards_template(text[], text[], boolean, text[], integer[], integer[]);

-- Locks the accounts of a call, shard by shard, and looks the nonces up.
CREATE OR REPLACE FUNCTION ledger.lock_shards_template(
  owner_ids text[], books text[], skip_busy boolean, nonces text[], requests_of integer[], accounts integer[],
  OUT balances bigint[], OUT overdrafts bigint[], OUT helds bigint[], OUT expiries timestamptz[], OUT lot_expiries timestamptz[], OUT seqs bigint[],
  OUT updates timestamptz[], OUT heads bytea[], OUT states text[], OUT made integer[], OUT replayed integer[]
) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  app CONSTANT text := 'template';
  shard record;
  got record;
  owners text[];
  number integer;
BEGIN
  balances := array_fill(NULL::bigint, ARRAY[cardinality(owner_ids)]);
  overdrafts := balances;
  helds := balances;
  seqs := balances;
  expiries := array_fill(NULL::timestamptz, ARRAY[cardinality(owner_ids)]);
  lot_expiries := expiries;
  updates := expiries;
  heads := array_fill(NULL::bytea, ARRAY[cardinality(owner_ids)]);
  states := array_fill(NULL::text, ARRAY[cardinality(owner_ids)]);
  FOR shard IN SELECT s.owners, s.numbers FROM ledger.shards_of(owner_ids) s LOOP
    owners := shard.owners;
    SELECT * INTO got FROM ledger.lock_shard(ARRAY(SELECT books[n] FROM unnest(shard.numbers) n), owners, skip_busy);
    FOR n IN 1..cardinality(owners) LOOP
      number := shard.numbers[n];
      balances[number] := got.balances[n];
      overdrafts[number] := got.overdrafts[n];
      helds[number] := got.helds[n];
      expiries[number] := got.expiries[n];
      lot_expiries[number] := got.lot_expiries[n];
      seqs[number] := got.seqs[n];
      updates[number] := got.updates[n];
      heads[number] := got.heads[n];
      states[number] := got.states[n];
    END LOOP;
    made := made || (SELECT array_agg(shard.numbers[n]) FROM unnest(got.made) n);
    replayed := replayed || (
      SELECT array_agg(l.request)
        FROM (SELECT l.request, books[l.account] AS book, owner_ids[l.account] AS owner_id, nonces[l.request] AS nonce
                FROM unnest(requests_of, accounts) l (request, account)
               WHERE l.account = ANY (shard.numbers) OFFSET 0) l
       WHERE l.nonce IN (
         (SELECT e.nonce FROM ledger.entries_template e
           WHERE e.book = l.book AND e.owner_id = l.owner_id AND e.owner_id = ANY (owners COLLATE "default")
             AND e.nonce BETWEEN l.nonce AND l.nonce ORDER BY e.nonce LIMIT 1),
         (SELECT h.nonce FROM ledger.holds h
           WHERE h.app = app AND h.book = l.book AND h.owner_id = l.owner_id AND h.owner_id = ANY (owners COLLATE "default")
             AND h.nonce BETWEEN l.nonce AND l.nonce ORDER BY h.nonce LIMIT 1)));
  END LOOP;
END $$;

-- Reserves lots for a hold that was made, in the order in which a spend would take them. What they do not cover, the
-- overdraft covers.
CREATE OR REPLACE FUNCTION ledger.reserve_lots(book text, owner_id text, hold_id bigint, amount bigint, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  wanted bigint := amount;
  lot record;
BEGIN
  FOR lot IN
    SELECT l.id, l.rest - least(l.rest, (
             SELECT coalesce(sum(r.amount), 0) FROM ledger.lot_holds r
               JOIN ledger.holds h ON h.book = r.book AND h.owner_id = r.owner_id AND h.id = r.hold_id
              WHERE r.book = book AND r.owner_id = owner_id AND r.lot_id = l.id AND h.released_on IS NULL AND h.expires_on > at)) AS free
      FROM ledger.lots l
     WHERE l.book = book AND l.owner_id = owner_id AND l.rest > 0 AND (l.expires_on IS NULL OR l.expires_on > at)
     ORDER BY l.priority, l.expires_on, l.kind DESC, l.seq, l.id
  LOOP
    CONTINUE WHEN lot.free = 0;
    INSERT INTO ledger.lot_holds (book, owner_id, hold_id, lot_id, amount)
    VALUES (book, owner_id, hold_id, lot.id, least(lot.free, wanted));
    wanted := wanted - least(lot.free, wanted);
    EXIT WHEN wanted = 0;
  END LOOP;
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.make_hold(text, text, text, text, bigint, text, jsonb, bigint, timestamp with time zone);

-- Makes a hold.
CREATE OR REPLACE FUNCTION ledger.make_hold(
  app text, book text, owner_id text, operation text, amount bigint, nonce text, metadata jsonb, hold_ms bigint,
  has_lots boolean, at timestamptz, OUT hold json
) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  made record;
BEGIN
  PERFORM ledger.assert_declared(app, book, operation);
  INSERT INTO ledger.holds AS h (id, app, book, owner_id, operation, amount, nonce, metadata, created_on, expires_on)
  VALUES (nextval('ledger.holds_id_seq'), app, book, owner_id, operation, amount, nonce, metadata, at, at + hold_ms * interval '1 millisecond')
  RETURNING h.id, h.created_on, h.expires_on INTO made;
  IF has_lots THEN
    PERFORM ledger.reserve_lots(book, owner_id, made.id, amount, at);
  END IF;
  hold := ledger.hold_json(made.id, owner_id, operation, amount, nonce, metadata, made.created_on, made.expires_on, NULL, NULL, at, book);
END $$;

-- Changes what is left of a lot, and notes by which entry. place: where the use is among those of its entry. returns: the
-- entry whose credits come back.
CREATE OR REPLACE FUNCTION ledger.use_lot(
  book text, owner_id text, lot_id bigint, entry_id bigint, seq bigint, place integer, amount bigint, returns bigint DEFAULT NULL
) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  UPDATE ledger.lots l SET rest = l.rest + amount WHERE l.book = book AND l.owner_id = owner_id AND l.id = lot_id;
  INSERT INTO ledger.lot_uses (book, owner_id, lot_id, entry_id, seq, place, amount, returns)
  VALUES (book, owner_id, lot_id, entry_id, seq, place, amount, returns);
END $$;

-- Returns an id for an attempt that no caller made: a UUIDv7 of a moment.
CREATE OR REPLACE FUNCTION ledger.random_attempt(moment timestamptz) RETURNS uuid LANGUAGE sql VOLATILE
RETURN overlay(gen_random_uuid()::text PLACING regexp_replace(lpad(to_hex(ledger.epoch_ms(moment)), 12, '0'), '(.{8})', '\1-') || '-7' FROM 1 FOR 15)::uuid;

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
  -- As of the moment that the row says: the clock may go back, and then a hold that has expired by now is live again.
  IF holds_expire_on <= updated_on THEN
    SELECT h.held, h.expire_on INTO held, holds_expire_on FROM ledger.live_holds(book, owner_id, updated_on) h;
  END IF;
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

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.set_aside(text, text, text, bigint, bigint, bigint, bigint, timestamp with time zone, text, text, bigint, text, jsonb, bigint, bigint, bigint, timestamp with time zone);

-- Carries out such a line after it was judged, and writes the account. The call has no unwritten entry of the account,
-- so that seq is the same as in its row. Credits that a hold gives back to a lot that has expired expire at once.
CREATE OR REPLACE FUNCTION ledger.set_aside(
  app text, book text, owner_id text, INOUT seq bigint, INOUT balance bigint, INOUT overdraft bigint, INOUT held bigint, INOUT expiry timestamptz,
  INOUT lots_expire_on timestamptz, INOUT head bytea, state text,
  operation text, amount bigint, nonce text, metadata jsonb, hold_ms bigint, releases bigint, new_overdraft bigint, at timestamptz,
  OUT changed boolean, OUT answer json
) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  outcome text;
  hold json;
BEGIN
  changed := true;
  IF hold_ms IS NOT NULL THEN
    outcome := 'held';
    hold := ledger.make_hold(app, book, owner_id, operation, -amount, nonce, metadata, hold_ms, lots_expire_on IS NOT NULL, at);
  ELSIF releases IS NOT NULL THEN
    SELECT r.outcome, r.hold, r.changed INTO outcome, hold, changed FROM ledger.release_hold(app, book, owner_id, releases, at) r;
  ELSE
    outcome := 'set';
    overdraft := new_overdraft;
  END IF;
  IF hold IS NOT NULL THEN
    SELECT l.held, l.expire_on INTO held, expiry FROM ledger.live_holds(book, owner_id, at) l;
  END IF;
  IF changed THEN
    UPDATE ledger.accounts a SET overdraft = overdraft, held = held, holds_expire_on = expiry, updated_on = at
     WHERE a.book = book AND a.owner_id = owner_id AND a.seq = seq;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'the account has changed since it was locked' USING ERRCODE = 'serialization_failure';
    END IF;
    IF lots_expire_on <= at THEN
      SELECT s.balance, s.seq, s.head, s.lots_expire_on INTO balance, seq, head, lots_expire_on
        FROM ledger.settle_lots(book, owner_id, at, balance, held, expiry, seq, head, at) s;
    END IF;
  END IF;
  answer := json_build_object(
    'outcome', outcome, 'line', 0, 'details', hold, 'balance', ledger.balance_json(owner_id, balance, overdraft, held, state));
END $$;

-- Returns why an entry cannot be reversed or refunded, or null when it can. Corrections, expiries and voids cannot.
-- refundable: the credits that refunds may still give back.
CREATE OR REPLACE FUNCTION ledger.judge_correction_template(
  book text, owner_id text, operation text, amount bigint, reverses bigint, refunds bigint, OUT refusal text, OUT refundable bigint
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
  target_id bigint := coalesce(reverses, refunds);
  target record;
  corrected record;
BEGIN
  SELECT e.operation, e.amount, num_nonnulls(e.reverses, e.refunds) > 0 OR e.operation IN ('CREDIT_EXPIRED', 'CREDIT_VOIDED') AS is_final INTO target
    FROM ledger.entries_template e WHERE e.id = target_id AND e.book = book AND e.owner_id = owner_id;
  SELECT coalesce(bool_or(c.reverses = target_id), false) AS is_reversed,
         coalesce(sum(c.amount) FILTER (WHERE c.refunds = target_id), 0)::bigint AS refunded
    INTO corrected
    FROM (
      SELECT e.reverses, e.refunds, e.amount FROM ledger.entries_template e WHERE e.owner_id = owner_id AND e.reverses = target_id
      UNION ALL
      SELECT e.reverses, e.refunds, e.amount FROM ledger.entries_template e WHERE e.owner_id = owner_id AND e.refunds = target_id
    ) c;
  refundable := abs(target.amount + corrected.refunded);
  refusal := CASE
    WHEN target.operation IS DISTINCT FROM operation THEN 'entry_not_found'
    WHEN target.is_final THEN 'not_reversible'
    WHEN corrected.is_reversed THEN 'already_reversed'
    WHEN reverses IS NOT NULL AND corrected.refunded <> 0 THEN 'already_refunded'
    WHEN reverses IS NOT NULL AND amount <> -target.amount THEN 'not_reversible'
    WHEN refunds IS NOT NULL AND (sign(amount) <> -sign(target.amount) OR abs(amount) > refundable) THEN 'refund_exceeded'
  END;
END $$;

-- Returns why what is left of a lot cannot be voided, or null when it can. rest: what is left.
CREATE OR REPLACE FUNCTION ledger.judge_void(
  app text, book text, owner_id text, id bigint, at timestamptz, OUT refusal text, OUT rest bigint
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
  lot record;
BEGIN
  SELECT l.rest, (
           SELECT coalesce(sum(r.amount), 0) FROM ledger.lot_holds r
             JOIN ledger.holds h ON h.book = r.book AND h.owner_id = r.owner_id AND h.id = r.hold_id
            WHERE r.book = book AND r.owner_id = owner_id AND r.lot_id = l.id AND h.released_on IS NULL AND h.expires_on > at) AS reserved
    INTO lot
    FROM ledger.lots l WHERE l.app = app AND l.book = book AND l.owner_id = owner_id AND l.id = id;
  rest := lot.rest;
  refusal := CASE
    WHEN rest IS NULL THEN 'lot_not_found'
    WHEN rest = 0 THEN 'lot_ended'
    WHEN lot.reserved > 0 THEN 'lot_held'
  END;
END $$;

-- Returns when a lot expires that is made at a moment, or null for never. expiry: null, or an object with one or several of
-- days (of 24 hours), endOf (of a day, week, month or year in UTC) and on (in milliseconds since 1970): the earliest one.
CREATE OR REPLACE FUNCTION ledger.expiry_on(expiry json, at timestamptz) RETURNS timestamptz LANGUAGE sql STABLE
RETURN least(
  at + (expiry ->> 'days')::integer * interval '24 hours',
  (date_trunc(expiry ->> 'endOf', at, 'UTC') AT TIME ZONE 'UTC' + ('1 ' || (expiry ->> 'endOf'))::interval) AT TIME ZONE 'UTC',
  to_timestamp((expiry ->> 'on')::bigint / 1000.0)
);

-- Returns the credits of an account's lots that no hold which is live at a moment has reserved: of all lots, or of those that
-- have expired by then. These no entry has taken yet.
CREATE OR REPLACE FUNCTION ledger.unreserved(book text, owner_id text, at timestamptz, is_expired boolean) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
BEGIN
  RETURN (
    SELECT coalesce(sum(l.rest - least(l.rest, (
             SELECT coalesce(sum(r.amount), 0) FROM ledger.lot_holds r
               JOIN ledger.holds h ON h.book = r.book AND h.owner_id = r.owner_id AND h.id = r.hold_id
              WHERE r.book = book AND r.owner_id = owner_id AND r.lot_id = l.id AND h.released_on IS NULL AND h.expires_on > at))), 0)
      FROM ledger.lots l WHERE l.book = book AND l.owner_id = owner_id AND l.rest > 0 AND (NOT is_expired OR l.expires_on <= at))::bigint;
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.judge_template(text, text, bigint, bigint, text, bigint, integer, bigint, text, boolean, bigint, bigint, bigint, bigint, text, bigint, text[], timestamp with time zone, bigint, numeric);

-- Returns why a line that is more than a plain entry may not be posted, or null when it may, if the balance allows it.
-- details: what the answer says about the refusal. kept: the credits that a captured hold sets aside, which its capture may take.
-- voided: what is left of the lot that the line voids.
-- balance, held: of the account. more, more_credits: uses that are not written yet, and their credits.
CREATE OR REPLACE FUNCTION ledger.judge_template(
  book text, owner_id text, balance bigint, held bigint, operation text, amount bigint, limit_times integer, limit_credits bigint,
  limit_per text, limit_anchored boolean, reverses bigint, refunds bigint, captures bigint, new_overdraft bigint, sets text, lot json, voids bigint,
  has_lots boolean, overdraft bigint, retired text[], at timestamptz, more bigint, more_credits numeric,
  OUT refusal text, OUT details json, OUT kept bigint, OUT voided bigint
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
  app CONSTANT text := 'template';
  limited record;
  least_overdraft bigint;
BEGIN
  kept := 0;
  IF captures IS NOT NULL THEN
    SELECT * INTO refusal, details, kept FROM ledger.judge_capture(app, book, owner_id, captures, operation, amount, at);
  ELSIF reverses IS NOT NULL OR refunds IS NOT NULL THEN
    SELECT c.refusal, to_json(c.refundable) INTO refusal, details
      FROM ledger.judge_correction_template(book, owner_id, operation, amount, reverses, refunds) c;
  ELSIF new_overdraft IS NOT NULL THEN
    least_overdraft := CASE WHEN has_lots THEN ledger.unreserved(book, owner_id, at, false) ELSE 0 END + held - balance;
    details := to_json(least_overdraft);
    refusal := CASE
      WHEN NOT ledger.has_made(app, book) THEN 'not_the_maker'
      WHEN least_overdraft > new_overdraft THEN 'overdraft_in_use'
      WHEN balance + new_overdraft > 9007199254740991 THEN 'balance_out_of_range'
    END;
  ELSIF voids IS NOT NULL THEN
    SELECT v.refusal, v.rest INTO refusal, voided FROM ledger.judge_void(app, book, owner_id, voids, at) v;
  ELSIF operation = ANY (retired) THEN
    refusal := 'operation_retired';
  ELSIF sets IS NOT NULL THEN
    IF amount <> 0 THEN
      RAISE EXCEPTION 'an entry that sets the state of an account moves no credits' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    refusal := CASE
      WHEN NOT ledger.has_made(app, book) THEN 'not_the_maker'
      WHEN sets = 'CLOSED' AND (balance <> 0 OR held <> 0 OR overdraft <> 0) THEN 'account_not_empty'
    END;
  ELSIF limit_per IS NOT NULL THEN
    IF limit_anchored THEN
      SELECT * INTO limited FROM ledger.anchored_window(app, book, owner_id, operation, limit_per, at);
    ELSE
      SELECT * INTO limited FROM ledger.limit_window(limit_per, at);
    END IF;
    IF limit_times IS NOT NULL AND ledger.is_limit_reached_template(book, owner_id, operation, limit_times, limited.began, more)
       OR limit_credits IS NOT NULL
          AND ledger.is_limit_exceeded_template(book, owner_id, operation, limit_credits, limited.began, amount, more_credits) THEN
      refusal := 'limit_reached';
      details := to_json(ledger.epoch_ms(limited.ends));
    END IF;
  END IF;
  IF refusal IS NULL AND ledger.expiry_on(lot, at) <= at THEN
    refusal := 'expiry_passed';
  END IF;
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.lock_missing_account(text, text);

-- Locks an account that was missing a moment ago. Makes it unless another transaction was faster.
CREATE OR REPLACE FUNCTION ledger.lock_missing_account(book text, owner_id text) RETURNS TABLE (
  balance bigint, overdraft bigint, held bigint, holds_expire_on timestamptz, lots_expire_on timestamptz, seq bigint, updated_on timestamptz,
  head bytea, state text, made boolean
) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  made := false;
  LOOP
    SELECT a.balance, a.overdraft, a.held, a.holds_expire_on, a.lots_expire_on, a.seq, a.updated_on, a.head, a.state
      INTO balance, overdraft, held, holds_expire_on, lots_expire_on, seq, updated_on, head, state
      FROM ledger.accounts a WHERE a.book = book AND a.owner_id = owner_id FOR NO KEY UPDATE;
    IF FOUND THEN
      RETURN NEXT;
      RETURN;
    END IF;
    made := ledger.make_accounts(ARRAY[book], ARRAY[owner_id], ARRAY[1]) IS NOT NULL;
  END LOOP;
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.lock_accounts(text[], text[], boolean);

-- Locks accounts, and makes missing ones (made: their numbers). Returns their columns in the order of the list. That is
-- also the order of the locks: when all calls use the same order, no two wait for each other. Each account is looked up
-- by itself: a join that was planned while there were few accounts would read all of them.
-- skip_busy: the columns are null for an account that another transaction has locked or is making.
CREATE OR REPLACE FUNCTION ledger.lock_accounts(
  books text[], owner_ids text[], skip_busy boolean,
  OUT balances bigint[], OUT overdrafts bigint[], OUT helds bigint[], OUT expiries timestamptz[], OUT lot_expiries timestamptz[], OUT seqs bigint[],
  OUT updates timestamptz[], OUT heads bytea[], OUT states text[], OUT made integer[]
) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  missing integer[];
BEGIN
  IF NOT skip_busy THEN
    SELECT array_agg(coalesce(a.balance, m.balance)), array_agg(coalesce(a.overdraft, m.overdraft)),
           array_agg(coalesce(a.held, m.held)), array_agg(coalesce(a.holds_expire_on, m.holds_expire_on)),
           array_agg(coalesce(a.lots_expire_on, m.lots_expire_on)), array_agg(coalesce(a.seq, m.seq)), array_agg(coalesce(a.updated_on, m.updated_on)),
           array_agg(coalesce(a.head, m.head)), array_agg(coalesce(a.state, m.state)), array_agg(o.number) FILTER (WHERE m.made)
      INTO balances, overdrafts, helds, expiries, lot_expiries, seqs, updates, heads, states, made
      FROM unnest(books, owner_ids) WITH ORDINALITY o (book, owner_id, number) LEFT JOIN LATERAL (
        SELECT a.* FROM ledger.accounts a WHERE a.book = o.book AND a.owner_id = o.owner_id FOR NO KEY UPDATE
      ) a ON true LEFT JOIN LATERAL (
        SELECT m.* FROM ledger.lock_missing_account(o.book, o.owner_id) m WHERE a.seq IS NULL OFFSET 0
      ) m ON true;
    RETURN;
  END IF;

  LOOP
    SELECT array_agg(a.balance), array_agg(a.overdraft), array_agg(a.held), array_agg(a.holds_expire_on), array_agg(a.lots_expire_on), array_agg(a.seq),
           array_agg(a.updated_on), array_agg(a.head), array_agg(a.state)
      INTO balances, overdrafts, helds, expiries, lot_expiries, seqs, updates, heads, states
      FROM unnest(books, owner_ids) o (book, owner_id) LEFT JOIN LATERAL (
        SELECT a.* FROM ledger.accounts a WHERE a.book = o.book AND a.owner_id = o.owner_id FOR NO KEY UPDATE SKIP LOCKED
      ) a ON true;
    EXIT WHEN made IS NOT NULL OR array_position(updates, NULL) IS NULL;
    -- Some are busy, or missing: these are made, and all are looked at once more.
    missing := (
      SELECT array_agg(o.number ORDER BY o.number)
        FROM unnest(books, owner_ids, updates) WITH ORDINALITY o (book, owner_id, locked, number)
       WHERE o.locked IS NULL AND (SELECT a.seq FROM ledger.accounts a WHERE a.book = o.book AND a.owner_id = o.owner_id) IS NULL);
    EXIT WHEN missing IS NULL;
    made := ledger.make_free_accounts(books, owner_ids, missing);
    EXIT WHEN made IS NULL;
  END LOOP;
END $$;

-- Makes a lot. entry_id, seq: of the entry that made it, null and 0 for the lot of a balance that there was before. paid:
-- what of it pays the account's debt.
CREATE OR REPLACE FUNCTION ledger.make_lot(
  app text, book text, owner_id text, entry_id bigint, seq bigint, amount bigint, priority integer, kind text, expires_on timestamptz,
  at timestamptz, paid bigint
) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  id CONSTANT bigint := nextval('ledger.lots_id_seq');
BEGIN
  INSERT INTO ledger.lots (app, book, owner_id, id, entry_id, seq, amount, rest, priority, kind, created_on, expires_on)
  VALUES (app, book, owner_id, id, entry_id, seq, amount, amount - paid, priority, kind, at, expires_on);
  IF paid > 0 THEN
    INSERT INTO ledger.lot_uses (book, owner_id, lot_id, entry_id, seq, place, amount) VALUES (book, owner_id, id, entry_id, seq, 0, -paid);
  END IF;
END $$;

-- Turns the balance that an account has before its first lot into a lot, and reserves it for the holds that are live.
CREATE OR REPLACE FUNCTION ledger.open_lots(app text, book text, owner_id text, balance bigint, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  hold record;
BEGIN
  IF balance > 0 THEN
    PERFORM ledger.make_lot(app, book, owner_id, NULL, 0, balance, 50, 'paid', NULL, at, 0);
    FOR hold IN
      SELECT h.id, h.amount FROM ledger.holds h
       WHERE h.book = book AND h.owner_id = owner_id AND h.released_on IS NULL AND h.expires_on > at ORDER BY h.created_on, h.id
    LOOP
      PERFORM ledger.reserve_lots(book, owner_id, hold.id, hold.amount, at);
    END LOOP;
  END IF;
END $$;

-- Takes the credits of an entry from lots. In turn: those that the hold it captures has reserved, what is left of the entry
-- that it corrects or the lot that it voids, what no hold has reserved, and what holds have reserved. The rest is debt.
CREATE OR REPLACE FUNCTION ledger.take_lots(
  book text, owner_id text, entry_id bigint, seq bigint, amount bigint, at timestamptz, hold_id bigint, corrects bigint, voids bigint
) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  wanted bigint := amount;
  place integer := 0;
  part bigint;
  lot record;
BEGIN
  FOR step IN 1..4 LOOP
    CONTINUE WHEN step = 1 AND hold_id IS NULL OR step = 2 AND num_nonnulls(corrects, voids) = 0;
    FOR lot IN
      SELECT l.id, CASE WHEN step IN (1, 4) THEN l.rest ELSE l.rest - least(l.rest, (
               SELECT coalesce(sum(r.amount), 0) FROM ledger.lot_holds r
                 JOIN ledger.holds h ON h.book = r.book AND h.owner_id = r.owner_id AND h.id = r.hold_id
                WHERE r.book = book AND r.owner_id = owner_id AND r.lot_id = l.id AND h.released_on IS NULL AND h.expires_on > at))
             END AS free
        FROM ledger.lots l
       WHERE l.book = book AND l.owner_id = owner_id AND l.rest > 0
         AND CASE step WHEN 1 THEN true WHEN 2 THEN l.entry_id = corrects OR l.id = voids ELSE l.expires_on IS NULL OR l.expires_on > at END
       ORDER BY l.priority, l.expires_on, l.kind DESC, l.seq, l.id
    LOOP
      part := least(lot.free, wanted);
      IF step = 1 THEN
        part := least(part, coalesce((SELECT r.amount FROM ledger.lot_holds r
                                       WHERE r.book = book AND r.owner_id = owner_id AND r.hold_id = hold_id AND r.lot_id = lot.id), 0));
        CONTINUE WHEN part = 0;
        UPDATE ledger.lot_holds r SET amount = r.amount - part
         WHERE r.book = book AND r.owner_id = owner_id AND r.hold_id = hold_id AND r.lot_id = lot.id;
      END IF;
      CONTINUE WHEN part = 0;
      place := place + 1;
      PERFORM ledger.use_lot(book, owner_id, lot.id, entry_id, seq, place, -part);
      wanted := wanted - part;
      EXIT WHEN wanted = 0;
    END LOOP;
    EXIT WHEN wanted = 0;
  END LOOP;
END $$;

-- Puts the credits of an entry into lots. They pay the account's debt first. Those of a correction return to the lots that
-- the corrected entry took from, the last one first: to a lot that has expired with a new expiry if revive is an object,
-- and otherwise to expire again at once. Those that move from another account make lots like those that they were taken
-- from, in proportion. The rest makes a lot as the operation says, or one of kind paid that never expires.
-- balance: before the entry. lot, revive: see ledger.expiry_on. source_…: the account and the entry that the credits come
-- from.
-- Returns when the first of these lots expires that has credits.
CREATE OR REPLACE FUNCTION ledger.fill_lots(
  app text, book text, owner_id text, entry_id bigint, seq bigint, amount bigint, balance bigint, at timestamptz, lot json, corrects bigint,
  revive json, source_book text, source_owner text, source_entry bigint, source_amount bigint
) RETURNS timestamptz LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  expire_on timestamptz := 'infinity';
  expires_on timestamptz;
  given bigint := 0;    -- of the amount, so far
  taken bigint := 0;    -- of the source's amount, so far
  place integer := 0;
  part bigint;
  paid bigint;
  debt bigint;
  used record;
BEGIN
  debt := greatest((SELECT coalesce(sum(l.rest), 0) FROM ledger.lots l WHERE l.book = book AND l.owner_id = owner_id AND l.rest > 0) - balance, 0);
  IF corrects IS NOT NULL THEN
    given := least(debt, amount);
    FOR used IN
      SELECT t.lot_id, l.expires_on, t.amount - (
               SELECT coalesce(sum(r.amount), 0) FROM ledger.lot_uses r
                WHERE r.book = book AND r.owner_id = owner_id AND r.returns = corrects AND r.lot_id = t.lot_id)::bigint AS amount
        FROM (SELECT u.lot_id, -sum(u.amount) AS amount, max(u.place) AS place FROM ledger.lot_uses u
               WHERE u.book = book AND u.owner_id = owner_id AND u.entry_id = corrects AND u.place > 0 GROUP BY u.lot_id) t
        JOIN ledger.lots l ON l.book = book AND l.owner_id = owner_id AND l.id = t.lot_id
       ORDER BY t.place DESC
    LOOP
      EXIT WHEN given = amount;
      part := least(used.amount, amount - given);
      CONTINUE WHEN part = 0;
      given := given + part;
      place := place + 1;
      expires_on := used.expires_on;
      IF expires_on <= at AND revive IS NOT NULL THEN
        expires_on := ledger.expiry_on(revive, at);
        UPDATE ledger.lots l SET expires_on = expires_on WHERE l.book = book AND l.owner_id = owner_id AND l.id = used.lot_id;
      END IF;
      PERFORM ledger.use_lot(book, owner_id, used.lot_id, entry_id, seq, place, part, corrects);
      expire_on := least(expire_on, expires_on);
    END LOOP;
    debt := 0;
  ELSIF source_entry IS NOT NULL THEN
    FOR used IN
      SELECT l.app, l.priority, l.kind, l.expires_on, -u.amount AS amount
        FROM ledger.lot_uses u JOIN ledger.lots l ON l.book = u.book AND l.owner_id = u.owner_id AND l.id = u.lot_id
       WHERE u.book = source_book AND u.owner_id = source_owner AND u.entry_id = source_entry ORDER BY u.place
    LOOP
      taken := taken + used.amount;
      part := div(taken::numeric * amount, source_amount)::bigint - given;
      CONTINUE WHEN part = 0;
      given := given + part;
      paid := least(debt, part);
      debt := debt - paid;
      -- The app that made a lot posts its expiry. In another book that is the app that exchanges, if it has the operation.
      expires_on := used.expires_on;
      IF book <> source_book THEN
        used.app := app;
        expires_on := (SELECT expires_on FROM ledger.apps a WHERE a.app = app AND 'CREDIT_EXPIRED' = ANY (a.operations));
      END IF;
      PERFORM ledger.make_lot(used.app, book, owner_id, entry_id, seq, part, used.priority, used.kind, expires_on, at, paid);
      expire_on := least(expire_on, expires_on);
    END LOOP;
  END IF;
  IF given < amount THEN
    expires_on := ledger.expiry_on(lot, at);
    PERFORM ledger.make_lot(app, book, owner_id, entry_id, seq, amount - given, coalesce((lot ->> 'priority')::integer, 50),
                            coalesce(lot ->> 'kind', 'paid'), expires_on, at, least(debt, amount - given));
    expire_on := least(expire_on, expires_on);
  END IF;
  RETURN expire_on;
END $$;

-- Moves the credits of an entry that is posted into or out of an account's lots. A grant with a lot, and credits that are
-- more than plain ones where they come from, make the account's first lots. Parameters as in ledger.take_lots and
-- ledger.fill_lots. Returns what accounts.lots_expire_on becomes.
CREATE OR REPLACE FUNCTION ledger.move_lots(
  app text, book text, owner_id text, entry_id bigint, seq bigint, amount bigint, balance bigint, at timestamptz, lot json, corrects bigint, revive json,
  hold_id bigint, voids bigint, source_book text, source_owner text, source_entry bigint, source_amount bigint, INOUT lots_expire_on timestamptz
) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  IF lots_expire_on IS NULL THEN
    IF lot IS NULL AND NOT EXISTS (
      SELECT 1 FROM ledger.lot_uses u JOIN ledger.lots l ON l.book = u.book AND l.owner_id = u.owner_id AND l.id = u.lot_id
       WHERE u.book = source_book AND u.owner_id = source_owner AND u.entry_id = source_entry
         AND (l.expires_on IS NOT NULL OR l.priority <> 50 OR l.kind <> 'paid')
    ) THEN
      RETURN;
    END IF;
    PERFORM ledger.open_lots(app, book, owner_id, balance, at);
    lots_expire_on := 'infinity';
  END IF;
  IF amount < 0 THEN
    PERFORM ledger.take_lots(book, owner_id, entry_id, seq, -amount, at, hold_id, corrects, voids);
  ELSIF amount > 0 THEN
    lots_expire_on := least(lots_expire_on, ledger.fill_lots(
      app, book, owner_id, entry_id, seq, amount, balance, at, lot, corrects, revive, source_book, source_owner, source_entry, source_amount));
  END IF;
END $$;

-- Returns the credits that a reversal of an entry could give back to lots that have expired.
CREATE OR REPLACE FUNCTION ledger.lapsing(book text, owner_id text, corrects bigint, at timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
BEGIN
  RETURN (
    SELECT coalesce(-sum(u.amount), 0)
      FROM ledger.lot_uses u JOIN ledger.lots l ON l.book = u.book AND l.owner_id = u.owner_id AND l.id = u.lot_id
     WHERE u.book = book AND u.owner_id = owner_id AND u.entry_id = corrects AND u.place > 0 AND l.expires_on <= at)::bigint;
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.replay_template(text, text, text, uuid, jsonb, text[], text[], bigint[], bigint[], bigint[], bigint[], bigint, timestamp with time zone, json);

-- Returns the answer to a request whose nonce this owner has used before: the original, and whether the request is
-- identical. Null when the owner has not used it.
-- own: whether the same attempt posted the original.
-- owner_ids, operations, requested, reverses, refunds, captures: of the request's lines. hold_ms: set when the request is for a hold.
-- lot, voids: of the request's first line for this owner. balance: the owner's balance for the answer.
CREATE OR REPLACE FUNCTION ledger.replay_template(
  book text, owner_id text, nonce text, attempt uuid, metadata jsonb, owner_ids text[], operations text[], requested bigint[],
  reverses bigint[], refunds bigint[], captures bigint[], hold_ms bigint, lot json, voids bigint, at timestamptz, balance json
) RETURNS json LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
  app CONSTANT text := 'template';
  original record;
  identical boolean;
BEGIN
  SELECT e.id, e.created_on, e.transaction_id,
         ledger.entry_json(e.id, e.owner_id, e.seq, e.operation, e.amount, e.balance_after, e.nonce, e.transaction_id,
                           e.metadata, e.created_on, e.reverses, e.refunds, e.hold_id, e.book) AS json
    INTO original
    FROM ledger.entries_template e WHERE e.book = book AND e.owner_id = owner_id AND e.nonce BETWEEN nonce AND nonce
   ORDER BY e.nonce, e.place LIMIT 1; -- as in ledger.post_template
  IF FOUND THEN
    -- The same owners, operations, amounts (one left out equals whatever was posted) and metadata, in order.
    identical := hold_ms IS NULL AND (
      SELECT count(*) = cardinality(owner_ids) AND bool_and(coalesce(
               e.owner_id = owner_ids[e.n] AND e.operation = operations[e.n] AND e.metadata = metadata
               AND e.amount = coalesce(requested[e.n], e.amount)
               AND (e.reverses, e.refunds, e.hold_id) IS NOT DISTINCT FROM (reverses[e.n], refunds[e.n], captures[e.n]), false))
        FROM (
          SELECT e.*, row_number() OVER (ORDER BY e.id) AS n
            FROM ledger.entries_template e WHERE e.transaction_id = original.transaction_id
        ) e)
      AND (NOT ledger.is_shard() OR ledger.entries_everywhere_template(original.transaction_id) <= cardinality(owner_ids));
    -- The same lot is voided, and a lot that a caller's expiry makes expires at the same moment.
    IF voids IS NOT NULL THEN
      identical := identical AND EXISTS (
        SELECT 1 FROM ledger.lot_uses u WHERE u.book = book AND u.owner_id = owner_id AND u.entry_id = original.id AND u.lot_id = voids);
    ELSIF lot ->> 'on' IS NOT NULL THEN
      identical := identical AND EXISTS (
        SELECT 1 FROM ledger.lots l WHERE l.book = book AND l.owner_id = owner_id AND l.entry_id = original.id
           AND l.expires_on = ledger.expiry_on(lot, original.created_on));
    END IF;
    RETURN json_build_object(
      'outcome', 'duplicate', 'entry', original.json, 'identical', identical,
      'own', original.transaction_id = ledger.transaction_id(attempt, owner_ids[1], nonce, nullif(book, app)), 'balance', balance);
  END IF;

  SELECT h.operation = operations[1] AND h.metadata = metadata AND h.amount = coalesce(-requested[1], h.amount)
         AND h.expires_on = h.created_on + hold_ms * interval '1 millisecond' AS identical,
         ledger.hold_json(h.id, h.owner_id, h.operation, h.amount, h.nonce, h.metadata, h.created_on, h.expires_on,
                          h.released_on, h.captured_by, at, h.book) AS json
    INTO original
    FROM ledger.holds h WHERE h.app = app AND h.book = book AND h.owner_id = owner_id AND h.nonce BETWEEN nonce AND nonce
   ORDER BY h.nonce LIMIT 1;
  IF FOUND THEN
    RETURN json_build_object(
      'outcome', 'duplicate', 'hold', original.json, 'identical', coalesce(original.identical, false), 'balance', balance);
  END IF;
  RETURN NULL;
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.save_shards(text[], text[], bigint[], bigint[], timestamp with time zone[], bigint[], timestamp with time zone[], bytea[], text[], bigint[]);

-- Writes what entries have changed, as ledger.save_accounts does, shard by shard. Returns how many accounts it wrote.
CREATE OR REPLACE FUNCTION ledger.save_shards(
  books text[], owner_ids text[], balances bigint[], helds bigint[], expiries timestamptz[], lot_expiries timestamptz[], seqs bigint[],
  updates timestamptz[], heads bytea[], states text[], seqs_read bigint[]
) RETURNS integer LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  owners text[];
  saved integer;
  total integer := 0;
BEGIN
  FOR owners IN SELECT s.owners FROM ledger.shards_of(owner_ids) s LOOP
    UPDATE ledger.accounts a
       SET balance = n.balance, held = n.held, holds_expire_on = n.expiry, lots_expire_on = n.lot_expiry, seq = n.seq, updated_on = n.updated_on, head = n.head, state = n.state
      FROM unnest(books, owner_ids, balances, helds, expiries, lot_expiries, seqs, updates, heads, states, seqs_read)
           n (book, owner_id, balance, held, expiry, lot_expiry, seq, updated_on, head, state, seq_read)
     WHERE a.book = n.book AND a.owner_id = n.owner_id AND a.owner_id = ANY (owners COLLATE "default")
       AND a.seq = n.seq_read AND n.seq > n.seq_read;
    GET DIAGNOSTICS saved = ROW_COUNT;
    total := total + saved;
  END LOOP;
  RETURN total;
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.save_accounts(text[], text[], bigint[], bigint[], timestamp with time zone[], bigint[], timestamp with time zone[], bytea[], text[], bigint[]);

-- Writes what entries have changed in accounts whose seq has risen since their rows were read. An account is found by
-- its key, and only with the seq that was read: on a cluster, a shard may have moved since, without its lock. Each
-- column is compared with a list of one value. Only an index answers that, so PostgreSQL looks each account up by its
-- key. A plan for equal columns that was made while there were few accounts would read all of them, and up to version 17
-- PostgreSQL reads the index to its end where rows are compared.
CREATE OR REPLACE FUNCTION ledger.save_accounts(
  books text[], owner_ids text[], balances bigint[], helds bigint[], expiries timestamptz[], lot_expiries timestamptz[], seqs bigint[], updates timestamptz[],
  heads bytea[], states text[], seqs_read bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  saved integer;
BEGIN
  IF ledger.is_cluster() THEN
    saved := ledger.save_shards(books, owner_ids, balances, helds, expiries, lot_expiries, seqs, updates, heads, states, seqs_read);
  ELSE
    UPDATE ledger.accounts a
       SET balance = n.balance, held = n.held, holds_expire_on = n.expiry, lots_expire_on = n.lot_expiry, seq = n.seq, updated_on = n.updated_on, head = n.head, state = n.state
      FROM (
        SELECT n.* FROM unnest(books, owner_ids, balances, helds, expiries, lot_expiries, seqs, updates, heads, states, seqs_read)
               n (book, owner_id, balance, held, expiry, lot_expiry, seq, updated_on, head, state, seq_read)
         WHERE n.seq > n.seq_read OFFSET 0
      ) n
     WHERE a.book = ANY (ARRAY[n.book]) AND a.owner_id = ANY (ARRAY[n.owner_id]) AND a.seq = n.seq_read;
    GET DIAGNOSTICS saved = ROW_COUNT;
  END IF;
  IF saved <> (SELECT count(*) FROM unnest(seqs, seqs_read) n (seq, seq_read) WHERE n.seq > n.seq_read) THEN
    RAISE EXCEPTION 'an account has changed since it was locked' USING ERRCODE = 'serialization_failure';
  END IF;
END $$;

-- Posts a list of requests for an app, as if one after another. Each request posts all of its lines or none. Each app
-- has its own copy of this template, ledger.post_<app>, which names the app's partition.
-- key: the first owner. On a cluster, the call goes to the node of its account.
-- owner_ids: of the accounts of all lines, in the order of their bytes, and an owner's in the order of their books.
-- parts: one number, how many these are.
-- requests: columns. A column without any value may be left out. For each account:
--     book      left out when all are the app's own
--   for each request:
--     id        of the attempt, a UUIDv7. A second try after a lost answer is recognised by it.
--     nonce, metadata (JSON as text; left out when no request has any)
--     invalid   whether the app's rules refuse it, unless it was posted before
--   and for each line, one request after another:
--     request, account    the numbers of its request and of its account, from 1
--     operation, amount   signed; null: the app's amount rule refuses the requested amount
--     requested           the caller's amount, signed; null: the caller gave none
--     limit_times, limit_credits, limit_per   how often the operation may be posted, or how many credits it may move, per hour,
--               day, week, month or lifetime
--     limit_anchored      whether an hour, day or week begins with the first posting that counts
--     reverses            the id of an entry; a request reverses a whole transaction, and does nothing else
--     refunds, captures   the id of an entry, of a hold
--     hold_ms             how long the credits are set aside, in place of an entry
--     releases            the id of a hold, in place of an entry: without operation and nonce
--     overdraft           how far below 0 the balance may go, in place of an entry: without operation and nonce
--     state               OPEN, SPENDING_FROZEN, FROZEN or CLOSED: what the entry makes of the account
--     lot                 {priority, kind, days, endOf, on}: the lot that the entry makes. See ledger.expiry_on
--     revive              {days, endOf}: how long credits are good that come back to a lot that has expired
--     voids               the id of a lot, whose rest the entry takes, whatever its amount
--     source              of credits that move: which of the request's lines, from 1, takes them elsewhere
-- skip_busy: leaves out each request with an account that is locked elsewhere.
-- lock_ms: how long to wait for locks; null: as long as the session's setting says.
-- Returns columns. By request:
--     answers   null: its lines were posted. Otherwise {outcome} and
--       busy                    {accounts}: the accounts that are locked elsewhere
--       duplicate               {entry or hold, identical, own, balance}: the original of the first owner who has used the
--                               nonce; own: the same attempt posted it
--       any other               {line, balance, details}: the first refused line, from 0, or the line that made no entry
--                               (held and released, with the hold; set: the overdraft), and its owner's balance
--     moments   left out when all are now
--     transactions
--   and by line {ids, seqs, balances, overdrafts, held, states}: the entry, and its account after it. A replay is found
--   before anything else is judged. overdrafts and held are left out when all are 0, and states when all are open.
--   Also by line, where a line needs it: amounts (of voids), and lapsed (credits that expired at once after the entry).
-- The settings leave the planner one way for each statement: the index that has the wanted rows in the wanted order.
-- Plans are made while tables are small, and are kept.
CREATE OR REPLACE FUNCTION ledger.post_template(
  key text, owner_ids text[], parts integer[], requests json, skip_busy boolean DEFAULT false, lock_ms integer DEFAULT NULL
) RETURNS json LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off SET jit = off AS $$
#variable_conflict use_variable
DECLARE
  app CONSTANT text := 'template';
  owners text[] := owner_ids; -- a variable's elements are found at once, a parameter's by counting
  books text[];
  -- What is asked for, by request and by line. special: null for a plain entry.
  attempts uuid[]; nonces text[]; metadata text[]; invalid boolean[];
  requests_of integer[]; accounts integer[]; operations text[]; amounts bigint[]; requested bigint[];
  limit_times integer[]; limit_credits bigint[]; limit_pers text[]; limit_anchored boolean[]; reverses bigint[]; refunds bigint[]; captures bigint[];
  hold_ms bigint[]; releases bigint[]; new_overdrafts bigint[]; new_states text[]; special boolean[];
  lots json[]; revives json[]; voids bigint[]; sources integer[];
  -- The accounts, as what is posted leaves them. updates: null for one that is busy. seqs_written: what the rows say.
  -- lot_expiries: null for one without lots, and never later than the first expiry of a lot.
  balances bigint[]; overdrafts bigint[]; helds bigint[]; expiries timestamptz[]; lot_expiries timestamptz[]; seqs bigint[]; updates timestamptz[];
  heads bytea[]; states text[]; made integer[]; seqs_written bigint[];
  -- What becomes of it, by request and by line.
  answers json[]; moments timestamptz[]; transactions uuid[]; -- moments: null where all are now
  ids bigint[]; entry_seqs bigint[]; balances_after bigint[]; hashes bytea[];
  overdrafts_after bigint[]; helds_after bigint[]; -- null: all are 0
  states_after text[];                             -- null: all are open
  entry_places integer[];                          -- null: all are 1
  lapsed bigint[];                                 -- null: nothing has
  -- Of a request of several lines: how many entries each account has, and by line what undoes it.
  places integer[]; helds_before bigint[]; expiries_before timestamptz[]; updates_before timestamptz[];

  retired text[];
  replayed integer[];  -- requests of whose owners one has used the nonce before the call
  repeated integer[];  -- requests of whose owners one uses the nonce in the call before
  now timestamptz;
  has_lots boolean;        -- whether any of the accounts has or gets some
  latest timestamptz;      -- no moment of the call is later
  lapsing bigint[];        -- by account: what the request gives back to lots that have expired
  to_settle integer[];     -- lines after which credits expire at once
  source integer;
  request integer := 0;
  first integer;
  last integer := 0;
  unwritten integer := 1; -- the first line that is not written
  at timestamptz;
  busy integer[];
  line integer;
  number integer;
  kept bigint;
  voided bigint;
  available bigint;
  refusal text;
  details json;
  got record;
  shard bigint;
  answer json;
BEGIN
  IF lock_ms IS NOT NULL THEN
    PERFORM set_config('lock_timeout', lock_ms::text, true);
  END IF;
  IF ledger.is_cluster() THEN
    shard := ledger.own_shard(app, owner_ids);
    IF shard IS NOT NULL THEN
      EXECUTE format('SELECT ledger.post_%s($1, $2, $3, $4, $5)', shard) INTO answer USING key, owner_ids, parts, requests, skip_busy;
      RETURN answer;
    END IF;
    PERFORM ledger.limit_waits(lock_ms);
  END IF;
  SELECT * INTO books, attempts, nonces, metadata, invalid, requests_of, accounts, operations, amounts, requested,
                limit_times, limit_credits, limit_pers, limit_anchored, reverses, refunds, captures, hold_ms, releases, new_overdrafts, new_states,
                lots, revives, voids, sources
    FROM json_to_record(requests) r (
      book text[], id uuid[], nonce text[], metadata text[], invalid boolean[], request integer[], account integer[], operation text[],
      amount bigint[], requested bigint[], limit_times integer[], limit_credits bigint[], limit_per text[],
      limit_anchored boolean[], reverses bigint[], refunds bigint[],
      captures bigint[], hold_ms bigint[], releases bigint[], overdraft bigint[], state text[],
      lot json[], revive json[], voids bigint[], source integer[]);
  IF cardinality(attempts) > 0 IS NOT TRUE OR greatest(
    array_ndims(books), array_ndims(attempts), array_ndims(nonces), array_ndims(metadata), array_ndims(invalid), array_ndims(requests_of),
    array_ndims(accounts), array_ndims(operations), array_ndims(amounts), array_ndims(requested), array_ndims(limit_times),
    array_ndims(limit_credits), array_ndims(limit_pers), array_ndims(limit_anchored), array_ndims(reverses), array_ndims(refunds), array_ndims(captures), array_ndims(hold_ms),
    array_ndims(releases), array_ndims(new_overdrafts), array_ndims(new_states), array_ndims(lots), array_ndims(revives), array_ndims(voids),
    array_ndims(sources)) > 1 THEN
    RAISE EXCEPTION 'a call has requests, and each column is a list of values' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF books IS NULL THEN
    books := array_fill(app, ARRAY[cardinality(owner_ids)]);
  ELSE
    PERFORM ledger.assert_books(app, books);
  END IF;
  PERFORM ledger.assert_accounts(owner_ids, books, parts, accounts);
  -- One owner's exchange of credits is the only bridge between books.
  IF cardinality(array_remove(books, books[1])) > 0 AND EXISTS (
    SELECT FROM unnest(requests_of, accounts, amounts, reverses) l (request, account, amount, reverses)
     WHERE invalid[l.request] IS NOT TRUE
     GROUP BY l.request
    HAVING count(DISTINCT books[l.account]) > 1 AND count(l.reverses) < count(*)
       AND (count(*) <> 2 OR count(DISTINCT owners[l.account]) > 1 OR sum(sign(l.amount)) <> 0)
  ) THEN
    RAISE EXCEPTION 'a transaction is in one book, unless one owner exchanges credits of a book for those of another'
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF (SELECT count(DISTINCT n COLLATE "C") < count(n) FROM unnest(nonces) n) THEN
    repeated := (
      SELECT array_agg(l.request)
        FROM (SELECT l.request, min(l.request) OVER (PARTITION BY l.account, nonces[l.request]) AS first
                FROM unnest(requests_of, accounts) l (request, account)) l
       WHERE l.first < l.request);
  END IF;
  IF num_nonnulls(limit_pers, reverses, refunds, captures, hold_ms, releases, new_overdrafts, new_states, lots, voids) > 0 THEN
    SELECT array_agg(CASE WHEN l.things > 0 OR num_nonnulls(l.limit_per, l.lot) > 0 THEN true END ORDER BY l.line) AS special,
           bool_or(l.things > 1) AS is_several, bool_or(l.is_alone AND l.lines > 1) AS is_crowded
      INTO got
      FROM (
        SELECT l.line, l.limit_per, l.lot, num_nonnulls(l.reverses, l.refunds, l.captures, l.hold_ms, l.releases, l.overdraft, l.state, l.voids) AS things,
               num_nonnulls(l.refunds, l.captures, l.hold_ms, l.releases, l.overdraft, l.state, l.voids) > 0 AS is_alone,
               count(*) OVER (PARTITION BY l.request) AS lines
          FROM unnest(requests_of, limit_pers, reverses, refunds, captures, hold_ms, releases, new_overdrafts, new_states, lots, voids)
               WITH ORDINALITY l (request, limit_per, reverses, refunds, captures, hold_ms, releases, overdraft, state, lot, voids, line)
      ) l;
    special := got.special;
    IF got.is_several THEN
      RAISE EXCEPTION 'a line does one thing: it corrects, captures, holds, releases, voids, or sets an overdraft or a state'
        USING ERRCODE = 'invalid_parameter_value';
    ELSIF got.is_crowded THEN
      RAISE EXCEPTION 'a line that refunds, captures, holds, releases, voids, or sets an overdraft or a state is alone in its transaction'
        USING ERRCODE = 'invalid_parameter_value';
    END IF;
  END IF;

  IF ledger.is_cluster() THEN
    SELECT * INTO balances, overdrafts, helds, expiries, lot_expiries, seqs, updates, heads, states, made, replayed
      FROM ledger.lock_shards_template(owner_ids, books, skip_busy, nonces, requests_of, accounts);
  ELSE
    -- Lock the accounts.
    SELECT * INTO balances, overdrafts, helds, expiries, lot_expiries, seqs, updates, heads, states, made
      FROM ledger.lock_accounts(books, owners, skip_busy);
    -- The parent before its partition, as every migration does that changes which partitions there are. Citus lets nobody
    -- lock a shard's tables.
    IF NOT ledger.is_shard() THEN
      LOCK TABLE ONLY ledger.entries IN ROW EXCLUSIVE MODE;
    END IF;

    -- Look the nonces up: as a range, in the order of the index that has them. To the planner any index that begins with the
    -- owner is as good for an equal one, and then all entries of the owner are read. Not by EXISTS, which it may answer by
    -- looking at all holds.
    replayed := (
      SELECT array_agg(l.request)
        FROM (SELECT l.request, books[l.account] AS book, owners[l.account] AS owner_id, nonces[l.request] AS nonce
                FROM unnest(requests_of, accounts) l (request, account) OFFSET 0) l
       WHERE l.nonce IN (
         (SELECT e.nonce FROM ledger.entries_template e
           WHERE e.book = l.book AND e.owner_id = l.owner_id AND e.nonce BETWEEN l.nonce AND l.nonce ORDER BY e.nonce LIMIT 1),
         (SELECT h.nonce FROM ledger.holds h
           WHERE h.app = app AND h.book = l.book AND h.owner_id = l.owner_id AND h.nonce BETWEEN l.nonce AND l.nonce ORDER BY h.nonce LIMIT 1)));
  END IF;
  seqs_written := seqs;
  retired := ledger.retired_operations(app);
  now := date_trunc('milliseconds', ledger.now());
  IF num_nonnulls(VARIADIC lot_expiries) > 0 OR lots IS NOT NULL THEN
    has_lots := true;
    latest := greatest(now, (SELECT max(u) FROM unnest(updates) u));
  END IF;

  answers := array_fill(NULL::json, ARRAY[cardinality(attempts)]);
  transactions := array_fill(NULL::uuid, ARRAY[cardinality(attempts)]);
  ids := array_fill(NULL::bigint, ARRAY[cardinality(accounts)]);
  entry_seqs := ids;
  balances_after := ids;
  hashes := array_fill(NULL::bytea, ARRAY[cardinality(accounts)]);

  LOOP
    <<run>>
    WHILE request < cardinality(attempts) LOOP
      -- What asks the tables for what the call itself has posted goes on once that is written.
      EXIT WHEN request + 1 = ANY (repeated) AND unwritten <= last;
      IF special IS NOT NULL OR has_lots THEN
        line := last + 1;
        LOOP
          number := accounts[line];
          EXIT run WHEN (special[line] OR lot_expiries[number] <= latest) AND seqs[number] > seqs_written[number];
          line := line + 1;
          EXIT WHEN requests_of[line] IS DISTINCT FROM request + 1;
        END LOOP;
      END IF;

      request := request + 1;
      first := last + 1;
      at := now; -- never earlier than the last change of any of its accounts, whatever the clock does
      busy := NULL;
      LOOP
        last := last + 1;
        number := accounts[last];
        IF updates[number] IS NULL THEN
          busy := array_append(busy, number);
        ELSIF updates[number] > at THEN
          at := updates[number];
        END IF;
        EXIT WHEN requests_of[last + 1] IS DISTINCT FROM request;
      END LOOP;
      IF requests_of[first] IS DISTINCT FROM request OR last - first >= 100 THEN
        RAISE EXCEPTION 'a transaction has 1 to 100 lines, one after another: not those of number %', request
          USING ERRCODE = 'invalid_parameter_value';
      ELSIF busy IS NOT NULL THEN
        answers[request] := json_build_object('outcome', 'busy', 'accounts', busy);
        CONTINUE;
      END IF;

      IF request = ANY (replayed) OR request = ANY (repeated) THEN
        FOR line IN first..last LOOP
          number := accounts[line];
          answers[request] := ledger.replay_template(
            books[number], owners[number], nonces[request], attempts[request], coalesce(metadata[request], '{}')::jsonb,
            (SELECT array_agg(owners[n] ORDER BY place) FROM unnest(accounts[first:last]) WITH ORDINALITY l (n, place)),
            operations[first:last], requested[first:last], reverses[first:last], refunds[first:last], captures[first:last],
            hold_ms[first], lots[line], voids[line], greatest(now, updates[number]),
            ledger.balance_json(
              owners[number],
              balances[number] - CASE WHEN lot_expiries[number] <= greatest(now, updates[number])
                                      THEN ledger.unreserved(books[number], owners[number], greatest(now, updates[number]), true) ELSE 0 END,
              overdrafts[number],
              ledger.held_at(books[number], owners[number], helds[number], expiries[number], greatest(now, updates[number])), states[number]));
          EXIT WHEN answers[request] IS NOT NULL;
        END LOOP;
        CONTINUE WHEN answers[request] IS NOT NULL;
      END IF;

      IF first < last THEN
        entry_places := coalesce(entry_places, array_fill(1, ARRAY[cardinality(accounts)]));
        places := array_fill(0, ARRAY[cardinality(owner_ids)]);
      END IF;
      IF at > now THEN
        moments := coalesce(moments, array_fill(now, ARRAY[cardinality(attempts)]));
        moments[request] := at;
      END IF;
      IF has_lots THEN
        lapsing := NULL;
        FOR settled IN first..last LOOP
          number := accounts[settled];
          IF lot_expiries[number] <= at THEN
            SELECT * INTO got FROM ledger.settle_lots(
              books[number], owners[number], at, balances[number], helds[number], expiries[number], seqs[number], heads[number], updates[number]);
            balances[number] := got.balance;
            helds[number] := got.held;
            expiries[number] := got.holds_expire_on;
            seqs[number] := got.seq;
            seqs_written[number] := got.seq;
            heads[number] := got.head;
            updates[number] := got.updated_on;
            lot_expiries[number] := got.lots_expire_on;
          END IF;
        END LOOP;
      END IF;
      line := first;
      LOOP
        number := accounts[line];
        IF first < last THEN
          helds_before[line] := helds[number];
          expiries_before[line] := expiries[number];
          updates_before[line] := updates[number];
          places[number] := places[number] + 1;
          entry_places[line] := places[number];
        END IF;

        -- Settle what time has changed.
        IF expiries[number] <= at THEN
          SELECT l.held, l.expire_on INTO got FROM ledger.live_holds(books[number], owners[number], at) l;
          helds[number] := got.held;
          expiries[number] := got.expire_on;
        END IF;

        -- Judge.
        available := balances[number] - helds[number] + overdrafts[number];
        IF invalid[request] THEN
          refusal := 'invalid';
        ELSIF states[number] IS NOT NULL THEN
          refusal := ledger.judge_state(states[number], new_states[line], amounts[line], releases[line] IS NOT NULL);
        END IF;
        IF refusal IS NOT NULL THEN
          EXIT;
        ELSIF special[line] THEN
          SELECT * INTO refusal, details, kept, voided FROM ledger.judge_template(
            books[number], owners[number], balances[number], helds[number], operations[line], amounts[line], limit_times[line],
            limit_credits[line], limit_pers[line], limit_anchored[line],
            reverses[line], refunds[line], captures[line], new_overdrafts[line], new_states[line], lots[line], voids[line],
            lot_expiries[number] IS NOT NULL, overdrafts[number], retired, at,
            (SELECT count(*) FROM generate_series(first, line - 1) n WHERE accounts[n] = number AND operations[n] = operations[line]),
            (SELECT coalesce(sum(abs(amounts[n])), 0) FROM generate_series(first, line - 1) n
              WHERE accounts[n] = number AND operations[n] = operations[line]));
          -- A capture takes what its own hold keeps: a live hold's capture is never refused for balance. What a reversal gives
          -- back to lots that have expired cannot be taken again.
          available := available + kept - coalesce(lapsing[number], 0);
          IF voided IS NOT NULL THEN
            amounts[line] := -voided;
          END IF;
          IF reverses[line] IS NOT NULL AND refusal IS NULL THEN
            IF reverses[first] IS NULL OR line = first AND NOT ledger.is_whole_template(reverses[first:last]) THEN
              refusal := 'not_reversible';
            ELSIF first < last AND amounts[line] > 0 AND lot_expiries[number] IS NOT NULL AND revives[line] IS NULL THEN
              lapsing := coalesce(lapsing, array_fill(0::bigint, ARRAY[cardinality(owner_ids)]));
              lapsing[number] := lapsing[number] + ledger.lapsing(books[number], owners[number], reverses[line], at);
            END IF;
          END IF;
        ELSIF operations[line] = ANY (retired) THEN
          refusal := 'operation_retired';
        END IF;
        IF refusal IS NOT NULL THEN
          EXIT;
        ELSIF amounts[line] < 0 AND available + amounts[line] < 0 THEN
          refusal := 'insufficient_balance';
          details := to_json(available);
        ELSIF balances[number] + amounts[line] + overdrafts[number] > 9007199254740991 THEN
          refusal := 'balance_out_of_range';
        END IF;
        EXIT WHEN refusal IS NOT NULL;

        -- Apply.
        IF special[line] AND num_nonnulls(hold_ms[line], releases[line], new_overdrafts[line]) > 0 THEN
          SELECT * INTO got FROM ledger.set_aside(
            app, books[number], owners[number], seqs[number], balances[number], overdrafts[number], helds[number], expiries[number],
            lot_expiries[number], heads[number], states[number],
            operations[line], amounts[line], nonces[request], coalesce(metadata[request], '{}')::jsonb, hold_ms[line], releases[line],
            new_overdrafts[line], at);
          seqs[number] := got.seq;
          seqs_written[number] := got.seq;
          balances[number] := got.balance;
          heads[number] := got.head;
          overdrafts[number] := got.overdraft;
          helds[number] := got.held;
          expiries[number] := got.expiry;
          lot_expiries[number] := got.lots_expire_on;
          answers[request] := got.answer;
          IF helds[number] + overdrafts[number] > 0 THEN
            made := array_remove(made, number); -- it is in use, whatever a later line leaves of it
          END IF;
          IF NOT got.changed THEN
            at := updates[number];
          END IF;
        ELSE
          balances[number] := balances[number] + amounts[line];
          seqs[number] := seqs[number] + 1;
          ids[line] := nextval('ledger.entries_id_seq');
          entry_seqs[line] := seqs[number];
          balances_after[line] := balances[number];
          IF new_states[line] IS NOT NULL THEN
            states[number] := nullif(new_states[line], 'OPEN');
          END IF;
          IF states[number] IS NOT NULL THEN
            states_after := coalesce(states_after, array_fill(NULL::text, ARRAY[cardinality(accounts)]));
            states_after[line] := states[number];
          END IF;
          IF special[line] AND captures[line] IS NOT NULL THEN
            PERFORM ledger.capture_hold(app, books[number], owners[number], captures[line], ids[line], at);
            SELECT l.held, l.expire_on INTO got FROM ledger.live_holds(books[number], owners[number], at) l;
            helds[number] := got.held;
            expiries[number] := got.expire_on;
          END IF;
          IF helds[number] + overdrafts[number] > 0 THEN
            overdrafts_after := coalesce(overdrafts_after, array_fill(0::bigint, ARRAY[cardinality(accounts)]));
            helds_after := coalesce(helds_after, overdrafts_after);
            overdrafts_after[line] := overdrafts[number];
            helds_after[line] := helds[number];
          END IF;
        END IF;
        updates[number] := at;
        EXIT WHEN line = last;
        line := line + 1;
      END LOOP;

      IF refusal IS NULL THEN
        transactions[request] := ledger.transaction_id(attempts[request], owners[accounts[first]], nonces[request], nullif(books[accounts[first]], app));
        -- Chain.
        FOR line IN first..last LOOP
          number := accounts[line];
          IF limit_anchored[line] THEN
            PERFORM ledger.begin_window(app, books[number], owners[number], operations[line], limit_pers[line], at);
          END IF;
          CONTINUE WHEN ids[line] IS NULL;
          heads[number] := ledger.next_hash(heads[number], ledger.entry_form(
            app, books[number], owners[number], entry_seqs[line], ids[line], operations[line], amounts[line], balances_after[line],
            nonces[request], coalesce(entry_places[line], 1), transactions[request], coalesce(metadata[request], '{}')::jsonb, at,
            reverses[line], refunds[line], captures[line]));
          hashes[line] := heads[number];
        END LOOP;
        IF has_lots THEN
          FOR line IN first..last LOOP
            CONTINUE WHEN ids[line] IS NULL;
            number := accounts[line];
            source := first - 1 + sources[line];
            IF lots[line] IS NOT NULL OR lot_expiries[number] IS NOT NULL OR lot_expiries[accounts[source]] IS NOT NULL THEN
              lot_expiries[number] := ledger.move_lots(
                app, books[number], owners[number], ids[line], entry_seqs[line], amounts[line], balances_after[line] - amounts[line], at, lots[line],
                coalesce(reverses[line], refunds[line]), revives[line], captures[line], voids[line],
                books[accounts[source]], owners[accounts[source]], ids[source], -amounts[source], lot_expiries[number]);
              IF lot_expiries[number] <= at THEN
                to_settle := array_append(to_settle, line);
              END IF;
            END IF;
          END LOOP;
          EXIT WHEN to_settle IS NOT NULL;
        END IF;
      ELSE
        FOR posted IN REVERSE line - 1..first LOOP
          balances[accounts[posted]] := balances[accounts[posted]] - amounts[posted];
          seqs[accounts[posted]] := seqs[accounts[posted]] - 1;
          ids[posted] := NULL;
        END LOOP;
        IF first < last THEN
          FOR settled IN REVERSE line..first LOOP
            helds[accounts[settled]] := helds_before[settled];
            expiries[accounts[settled]] := expiries_before[settled];
            updates[accounts[settled]] := updates_before[settled];
          END LOOP;
        END IF;
        answers[request] := json_build_object(
          'outcome', refusal, 'line', line - first, 'details', details,
          'balance', ledger.balance_json(owners[number], balances[number], overdrafts[number], ledger.held_at(
            books[number], owners[number], helds[number], expiries[number], at), states[number]));
        refusal := NULL;
        details := NULL;
      END IF;
    END LOOP;

    -- Write.
    INSERT INTO ledger.entries_template (
      app, book, owner_id, seq, id, operation, amount, balance_after, nonce, place, transaction_id, metadata, created_on,
      reverses, refunds, hold_id, hash)
    SELECT app, books[l.account], owners[l.account], l.seq, l.id, l.operation, l.amount, l.balance_after, nonces[l.request],
           coalesce(l.place, 1), transactions[l.request], coalesce(metadata[l.request], '{}')::jsonb, coalesce(moments[l.request], now),
           l.reverses, l.refunds, l.captures, l.hash
      FROM unnest(requests_of, accounts, operations, amounts, reverses, refunds, captures, ids, entry_seqs, entry_places, balances_after, hashes)
           WITH ORDINALITY l (request, account, operation, amount, reverses, refunds, captures, id, seq, place, balance_after, hash, line)
     WHERE l.id IS NOT NULL AND l.line >= unwritten;
    PERFORM ledger.save_accounts(books, owner_ids, balances, helds, expiries, lot_expiries, seqs, updates, heads, states, seqs_written);
    EXIT WHEN request = cardinality(attempts) AND to_settle IS NULL;
    unwritten := last + 1;
    seqs_written := seqs;
    -- Credits that came back to lots that have expired expire at once.
    FOREACH line IN ARRAY coalesce(to_settle, '{}') LOOP
      number := accounts[line];
      SELECT * INTO got FROM ledger.settle_lots(
        books[number], owners[number], updates[number], balances[number], helds[number], expiries[number], seqs[number], heads[number], updates[number]);
      lapsed := coalesce(lapsed, array_fill(0::bigint, ARRAY[cardinality(accounts)]));
      lapsed[line] := balances[number] - got.balance;
      balances[number] := got.balance;
      seqs[number] := got.seq;
      seqs_written[number] := got.seq;
      heads[number] := got.head;
      lot_expiries[number] := got.lots_expire_on;
    END LOOP;
    to_settle := NULL;
    EXIT WHEN request = cardinality(attempts);
  END LOOP;

  IF last IS DISTINCT FROM cardinality(accounts) THEN
    RAISE EXCEPTION 'the lines of a call come one request after another: % of % do', last, cardinality(accounts)
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF made IS NOT NULL THEN
    PERFORM ledger.remove_unused_accounts(books, owner_ids, made);
  END IF;
  RETURN json_build_object('answers', answers, 'now', now, 'moments', moments, 'transactions', transactions, 'ids', ids, 'seqs', entry_seqs,
                           'balances', balances_after, 'overdrafts', overdrafts_after, 'held', helds_after, 'states', states_after,
                           'amounts', CASE WHEN voids IS NOT NULL THEN amounts END, 'lapsed', lapsed);
END $$;

REVOKE ALL ON FUNCTION ledger.post_template FROM PUBLIC;

-- Posts the usual request: one plain entry, without a limit. It posts the entry when the account exists and is free,
-- the nonce is new, the account is open and has no lots, none of its holds has expired, and the balance allows it. Otherwise ledger.post_template
-- decides, under the same lock and before anything is written, so that only one function judges. Returns {now,
-- transaction, id, seq, balance, overdraft, held} for the entry, or what ledger.post_template returns.
CREATE OR REPLACE FUNCTION ledger.append_template(
  owner_id text, attempt uuid, nonce text, metadata text, operation text, amount bigint, requested bigint,
  skip_busy boolean DEFAULT false, lock_ms integer DEFAULT NULL, book text DEFAULT 'template'
) RETURNS json LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_variable
DECLARE
  app CONSTANT text := 'template';
  balance bigint; overdraft bigint; held bigint; expiry timestamptz; has_lots boolean; seq bigint; at timestamptz; head bytea; state text;
  entry_id bigint;
  transaction_id uuid;
  shard bigint;
  answer json;
BEGIN
  IF lock_ms IS NOT NULL THEN
    PERFORM set_config('lock_timeout', lock_ms::text, true);
  END IF;
  IF book <> app THEN
    PERFORM ledger.assert_books(app, ARRAY[book]);
  END IF;
  IF ledger.is_cluster() THEN
    shard := ledger.own_shard(app, ARRAY[owner_id]);
    IF shard IS NOT NULL THEN
      EXECUTE format('SELECT ledger.append_%s($1, $2, $3, $4, $5, $6, $7, $8, NULL, $9)', shard)
         INTO answer USING owner_id, attempt, nonce, metadata, operation, amount, requested, skip_busy, book;
      RETURN answer;
    END IF; -- otherwise ledger.post_template posts it: each statement costs more than the judgement
  ELSIF skip_busy THEN
    SELECT a.balance + amount, a.overdraft, a.held, a.holds_expire_on, a.lots_expire_on IS NOT NULL, a.seq + 1, a.updated_on, a.head, a.state
      INTO balance, overdraft, held, expiry, has_lots, seq, at, head, state
      FROM ledger.accounts a WHERE a.book = book AND a.owner_id = owner_id FOR NO KEY UPDATE SKIP LOCKED;
  ELSE
    SELECT a.balance + amount, a.overdraft, a.held, a.holds_expire_on, a.lots_expire_on IS NOT NULL, a.seq + 1, a.updated_on, a.head, a.state
      INTO balance, overdraft, held, expiry, has_lots, seq, at, head, state
      FROM ledger.accounts a WHERE a.book = book AND a.owner_id = owner_id FOR NO KEY UPDATE;
  END IF;
  -- The parent before its partition, as every migration does that changes which partitions there are.
  IF NOT ledger.is_cluster() AND NOT ledger.is_shard() THEN
    LOCK TABLE ONLY ledger.entries IN ROW EXCLUSIVE MODE;
  END IF;
  IF at < ledger.now() THEN
    at := date_trunc('milliseconds', ledger.now());
  END IF;
  IF state IS NULL AND NOT has_lots AND (expiry IS NULL OR expiry > at) AND (amount >= 0 OR balance - held + overdraft >= 0) AND balance + overdraft <= 9007199254740991 THEN
    transaction_id := ledger.transaction_id(attempt, owner_id, nonce, nullif(book, app));
    INSERT INTO ledger.entries_template AS e (
      app, book, owner_id, seq, id, operation, amount, balance_after, nonce, transaction_id, metadata, created_on, hash)
    SELECT app, book, owner_id, seq, n.id, operation, amount, balance, nonce, transaction_id, n.metadata, at,
           ledger.next_hash(head, ledger.entry_form(
             app, book, owner_id, seq, n.id, operation, amount, balance, nonce, 1, transaction_id, n.metadata, at, NULL, NULL, NULL))
      FROM (SELECT nextval('ledger.entries_id_seq') AS id, coalesce(metadata, '{}')::jsonb AS metadata) n
     WHERE (SELECT e.nonce FROM ledger.entries_template e
             WHERE e.book = book AND e.owner_id = owner_id AND e.nonce BETWEEN nonce AND nonce ORDER BY e.nonce LIMIT 1) IS NULL
       AND (SELECT h.nonce FROM ledger.holds h
             WHERE h.app = app AND h.book = book AND h.owner_id = owner_id AND h.nonce BETWEEN nonce AND nonce ORDER BY h.nonce LIMIT 1) IS NULL
       AND operation <> ALL ((SELECT p.retired FROM ledger.apps p WHERE p.app = app)::text[])
    RETURNING e.id, e.hash INTO entry_id, head;
    IF entry_id IS NOT NULL THEN
      UPDATE ledger.accounts a SET balance = balance, seq = seq, updated_on = at, head = head
       WHERE a.book = book AND a.owner_id = owner_id AND a.seq = seq - 1;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'the account has changed since it was locked' USING ERRCODE = 'serialization_failure';
      END IF;
      RETURN json_build_object('now', at, 'transaction', transaction_id, 'id', entry_id, 'seq', seq, 'balance', balance,
                               'overdraft', overdraft, 'held', held);
    END IF;
  END IF;
  RETURN ledger.post_template(owner_id, ARRAY[owner_id], ARRAY[1], json_build_object(
    'book', CASE WHEN book <> app THEN ARRAY[book] END, 'id', ARRAY[attempt], 'nonce', ARRAY[nonce], 'metadata', ARRAY[metadata], 'request', ARRAY[1], 'account', ARRAY[1],
    'operation', ARRAY[operation], 'amount', ARRAY[amount], 'requested', ARRAY[requested]), skip_busy, lock_ms);
END $$;

REVOKE ALL ON FUNCTION ledger.append_template FROM PUBLIC;

-- Returns how many rows of each kind there are and what they add up to. A ledger and its copy have the same.
CREATE OR REPLACE FUNCTION ledger.tally() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  accounts text;
  entries text;
  holds text;
  windows text;
  lots text;
  uses text;
  others text;
BEGIN
  SELECT concat_ws(' ', count(*), sum(a.balance), sum(a.held), sum(a.seq), sum(hashtext(a.book || a.owner_id || encode(a.head, 'hex'))))
    INTO accounts FROM ledger.accounts a;
  SELECT concat_ws(' ', count(*), sum(e.id), sum(e.amount), sum(hashtext(e.book || e.owner_id || encode(e.hash, 'hex'))))
    INTO entries FROM ledger.entries e;
  SELECT concat_ws(' ', count(*), sum(h.id), sum(h.amount), count(h.released_on), count(h.captured_by), sum(hashtext(h.app || h.book || h.owner_id || h.nonce)))
    INTO holds FROM ledger.holds h;
  SELECT concat_ws(' ', count(*), sum(extract(epoch FROM w.began))) INTO windows FROM ledger.limit_windows w;
  SELECT concat_ws(' ', count(*), sum(l.id), sum(l.seq), sum(l.amount), sum(l.rest), sum(hashtext(l.app || l.book || l.owner_id || l.kind))) INTO lots FROM ledger.lots l;
  SELECT concat_ws(' ', u.*, r.*) INTO uses
    FROM (SELECT count(*), sum(u.lot_id), sum(u.entry_id), sum(u.amount) FROM ledger.lot_uses u) u,
         (SELECT count(*), sum(r.lot_id), sum(r.hold_id), sum(r.amount) FROM ledger.lot_holds r) r;
  others := (SELECT count(*) FROM ledger.apps) || ' ' || (SELECT count(*) FROM ledger.books) || ' ' || (SELECT count(*) FROM ledger.keys);
  RETURN format('accounts %s, entries %s, holds %s, windows %s, lots %s, their uses %s, apps, books and keys %s',
                accounts, entries, holds, windows, lots, uses, others);
END $$;

REVOKE ALL ON FUNCTION ledger.tally FROM PUBLIC;

-- Distributes the ledger by owner, empty or with data: what an owner has is in one shard. How many shards there are is
-- fixed by the first call. A later call changes only what is new. Postings wait while it copies.
CREATE OR REPLACE FUNCTION ledger.distribute(shards integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  original text;
  copy text;
BEGIN
  -- A migration is one transaction of many commands, and the triggers that keep entries append-only go to all shards.
  EXECUTE format('ALTER DATABASE %I SET citus.multi_shard_modify_mode = sequential', current_database());
  EXECUTE format('ALTER DATABASE %I SET citus.enable_unsafe_triggers = on', current_database());
  PERFORM set_config('citus.multi_shard_modify_mode', 'sequential', true), set_config('citus.enable_unsafe_triggers', 'on', true);
  IF NOT ledger.is_distributed() THEN
    LOCK TABLE ONLY ledger.accounts, ledger.entries, ledger.holds, ledger.limit_windows, ledger.lots, ledger.lot_uses,
      ledger.lot_holds, ledger.apps, ledger.books, ledger.keys IN EXCLUSIVE MODE;
    original := ledger.tally();
    PERFORM create_reference_table('ledger.apps');
    PERFORM create_reference_table('ledger.books');
    PERFORM create_reference_table('ledger.keys');
    PERFORM create_distributed_table('ledger.accounts', 'owner_id', colocate_with := 'none', shard_count := shards);
    PERFORM create_distributed_table('ledger.entries', 'owner_id', colocate_with := 'ledger.accounts');
    PERFORM create_distributed_table('ledger.holds', 'owner_id', colocate_with := 'ledger.accounts');
    PERFORM create_distributed_table('ledger.limit_windows', 'owner_id', colocate_with := 'ledger.accounts');
    PERFORM create_distributed_table('ledger.lots', 'owner_id', colocate_with := 'ledger.accounts');
    PERFORM create_distributed_table('ledger.lot_uses', 'owner_id', colocate_with := 'ledger.accounts');
    PERFORM create_distributed_table('ledger.lot_holds', 'owner_id', colocate_with := 'ledger.accounts');
    copy := ledger.tally();
    IF copy <> original THEN
      RAISE EXCEPTION 'the copy is not the ledger: % in place of %', copy, original USING ERRCODE = 'data_corrupted';
    END IF;
  END IF;
  -- Functions that were made before the extension are on no other node yet.
  PERFORM create_distributed_function(p.oid::regprocedure)
     FROM pg_proc p
    WHERE p.pronamespace = 'ledger'::regnamespace
      AND NOT EXISTS (SELECT 1 FROM pg_dist_object o WHERE o.classid = 'pg_proc'::regclass AND o.objid = p.oid);
  PERFORM ledger.make_functions(a.app) FROM ledger.apps a;
END $$;

REVOKE ALL ON FUNCTION ledger.distribute FROM PUBLIC;

-- Removes the rows that the coordinator has kept since ledger.distribute copied them to the shards. No statement sees
-- them, and the shards lose nothing. Returns how many bytes they took. Only who may set session_replication_role may call
-- it: the triggers that keep entries append-only refuse it to all others.
CREATE OR REPLACE FUNCTION ledger.remove_old_rows() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  size bigint := (SELECT sum(pg_relation_size(c.oid)) FROM pg_class c JOIN pg_dist_partition d ON d.logicalrelid = c.oid
                   WHERE c.relnamespace = 'ledger'::regnamespace);
BEGIN
  IF size > 0 THEN
    PERFORM set_config('session_replication_role', 'replica', true);
    PERFORM truncate_local_data_after_distributing_table(moved::regclass)
       FROM unnest('{ledger.accounts,ledger.entries,ledger.holds,ledger.limit_windows,ledger.lots,ledger.lot_uses,ledger.lot_holds,ledger.apps,ledger.books,ledger.keys}'::text[]) moved;
    PERFORM set_config('session_replication_role', 'origin', true);
  END IF;
  RETURN size;
END $$;

REVOKE ALL ON FUNCTION ledger.remove_old_rows FROM PUBLIC;

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

-- Returns the moment that counts for an account: the present one, and never one before its last change. EXECUTE plans it at
-- each call, as in ledger.balances.
CREATE OR REPLACE FUNCTION ledger.account_now(book text, owner_id text) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
  updated_on timestamptz;
BEGIN
  EXECUTE 'SELECT a.updated_on FROM ledger.accounts a WHERE a.book = $1 AND a.owner_id = $2' INTO updated_on USING book, owner_id;
  RETURN greatest(ledger.now(), updated_on);
END $$;

-- Returns lots that an app made by id.
CREATE OR REPLACE FUNCTION ledger.lots_by_id(app text, ids bigint[]) RETURNS json LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found json;
BEGIN
  IF ledger.may_use(app) OR ledger.reads_all() THEN
    EXECUTE '
      SELECT json_agg(ledger.lot_json(l.id, l.app, l.owner_id, l.book, l.entry_id, l.seq, l.amount, l.rest, l.held, l.priority, l.kind, l.created_on,
                                      l.expires_on, l.at))
        FROM (SELECT l.*, greatest($3, a.updated_on) AS at, (
                       SELECT coalesce(sum(r.amount), 0) FROM ledger.lot_holds r
                         JOIN ledger.holds h ON h.book = r.book AND h.owner_id = r.owner_id AND h.id = r.hold_id
                        WHERE r.book = l.book AND r.owner_id = l.owner_id AND r.lot_id = l.id AND h.released_on IS NULL
                          AND h.expires_on > greatest($3, a.updated_on))::bigint AS held
                FROM ledger.lots l JOIN ledger.accounts a ON a.book = l.book AND a.owner_id = l.owner_id
               WHERE l.app = $1 AND l.id = ANY ($2)) l'
      INTO found USING app, ids, ledger.now();
  END IF;
  RETURN found;
END $$;

-- Returns lots of an account as a JSON array, by seq and id between two exclusive bounds: those with credits left (live), or
-- all. It reads with the rights of its owner, because every app of the book may know them.
CREATE OR REPLACE FUNCTION ledger.lots_page(
  book text, owner_id text, live boolean, above bigint[], below bigint[], descending boolean, size integer
) RETURNS json LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found json;
BEGIN
  IF ledger.may_use_book(book) THEN
    EXECUTE format('
      SELECT json_agg(ledger.lot_json(l.id, l.app, l.owner_id, l.book, l.entry_id, l.seq, l.amount, l.rest, l.held, l.priority, l.kind, l.created_on,
                                      l.expires_on, $6) ORDER BY l.seq %1$s, l.id %1$s)
        FROM (SELECT l.*, (SELECT coalesce(sum(r.amount), 0) FROM ledger.lot_holds r
                             JOIN ledger.holds h ON h.book = r.book AND h.owner_id = r.owner_id AND h.id = r.hold_id
                            WHERE r.book = $1 AND r.owner_id = $2 AND r.lot_id = l.id AND h.released_on IS NULL AND h.expires_on > $6)::bigint AS held
                FROM ledger.lots l
               WHERE l.book = $1 AND l.owner_id = $2 %2$s
                 AND (l.seq, l.id) > ($3[1], $3[2]) AND (l.seq, l.id) < ($4[1], $4[2])
               ORDER BY l.seq %1$s, l.id %1$s LIMIT $5) l',
      CASE WHEN descending THEN 'DESC' ELSE 'ASC' END, CASE WHEN live THEN '
                 AND l.rest > 0 AND (l.expires_on IS NULL OR l.expires_on > $6 OR EXISTS (
                   SELECT 1 FROM ledger.lot_holds r
                     JOIN ledger.holds h ON h.book = r.book AND h.owner_id = r.owner_id AND h.id = r.hold_id
                    WHERE r.book = $1 AND r.owner_id = $2 AND r.lot_id = l.id AND r.amount > 0 AND h.released_on IS NULL AND h.expires_on > $6))'
           ELSE '' END)
      INTO found USING book, owner_id, above, below, size, ledger.account_now(book, owner_id);
  END IF;
  RETURN found;
END $$;

-- Returns the lots of accounts that credits are taken from, in this order: a JSON array by owner, of up to 100 lots each.
CREATE OR REPLACE FUNCTION ledger.live_lots(book text, owner_ids text[]) RETURNS json LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  live json;
  found json[] := '{}';
BEGIN
  FOR n IN 1..cardinality(owner_ids) LOOP
    live := NULL;
    IF ledger.may_use_book(book) THEN
      EXECUTE '
        SELECT json_agg(ledger.lot_json(l.id, l.app, l.owner_id, l.book, l.entry_id, l.seq, l.amount, l.rest, l.held, l.priority, l.kind, l.created_on,
                                        l.expires_on, $3) ORDER BY l.priority, l.expires_on, l.kind DESC, l.seq, l.id)
          FROM (SELECT l.*, (SELECT coalesce(sum(r.amount), 0) FROM ledger.lot_holds r
                               JOIN ledger.holds h ON h.book = r.book AND h.owner_id = r.owner_id AND h.id = r.hold_id
                              WHERE r.book = $1 AND r.owner_id = $2 AND r.lot_id = l.id AND h.released_on IS NULL AND h.expires_on > $3)::bigint AS held
                  FROM ledger.lots l
                 WHERE l.book = $1 AND l.owner_id = $2 AND l.rest > 0 AND (l.expires_on IS NULL OR l.expires_on > $3)
                 ORDER BY l.priority, l.expires_on, l.kind DESC, l.seq, l.id LIMIT 100) l'
        INTO live USING book, owner_ids[n], ledger.account_now(book, owner_ids[n]);
    END IF;
    found := array_append(found, live);
  END LOOP;
  RETURN to_json(found);
END $$;

-- Returns how many credits of accounts expire next and when, as a JSON array by owner. Null where none do.
CREATE OR REPLACE FUNCTION ledger.expiring(book text, owner_ids text[]) RETURNS json LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  next json;
  found json[] := '{}';
BEGIN
  FOR n IN 1..cardinality(owner_ids) LOOP
    next := NULL;
    IF ledger.may_use_book(book) THEN
      EXECUTE '
        SELECT json_build_object(''amount'', sum(l.rest)::bigint, ''on'', ledger.epoch_ms(l.expires_on)) FROM ledger.lots l
         WHERE l.book = $1 AND l.owner_id = $2 AND l.rest > 0 AND l.expires_on > $3
         GROUP BY l.expires_on ORDER BY l.expires_on LIMIT 1'
        INTO next USING book, owner_ids[n], ledger.account_now(book, owner_ids[n]);
    END IF;
    found := array_append(found, next);
  END LOOP;
  RETURN to_json(found);
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
        SELECT json_agg(ledger.use_json(u.lot_id, u.entry_id, u.seq, u.place, u.amount) ORDER BY u.place)
          FROM (SELECT u.* FROM ledger.lot_uses u
                 WHERE u.book = $1 AND u.owner_id = $2 AND u.entry_id = $3 ORDER BY u.place LIMIT 100) u'
        INTO uses USING book, owner_ids[n], entry_ids[n];
    END IF;
    found := array_append(found, uses);
  END LOOP;
  RETURN to_json(found);
END $$;

-- Returns the uses of a lot as a JSON array, by seq and place between two exclusive bounds.
CREATE OR REPLACE FUNCTION ledger.lot_uses_page(
  book text, owner_id text, lot_id bigint, above bigint[], below bigint[], descending boolean, size integer
) RETURNS json LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found json;
BEGIN
  IF ledger.may_use_book(book) THEN
    EXECUTE format('
      SELECT json_agg(ledger.use_json(u.lot_id, u.entry_id, u.seq, u.place, u.amount) ORDER BY u.seq %1$s, u.place %1$s)
        FROM (SELECT u.* FROM ledger.lot_uses u
               WHERE u.book = $1 AND u.owner_id = $2 AND u.lot_id = $3
                 AND (u.seq, u.place) > ($4[1], $4[2]) AND (u.seq, u.place) < ($5[1], $5[2])
               ORDER BY u.seq %1$s, u.place %1$s LIMIT $6) u', CASE WHEN descending THEN 'DESC' ELSE 'ASC' END)
      INTO found USING book, owner_id, lot_id, above, below, size;
  END IF;
  RETURN found;
END $$;

-- Returns the operations that an app with lots has. They have every book of the app.
CREATE OR REPLACE FUNCTION ledger.lot_operations() RETURNS text[] LANGUAGE sql IMMUTABLE
RETURN ARRAY['CREDIT_EXPIRED', 'CREDIT_VOIDED'];

-- Returns what became of the lots that an app made in a book, of one owner (null: of all), as a JSON array: one line for each
-- kind of lots and each window (hour, day, month; UTC) between two moments. granted, used, expired and voided are sums of the
-- window, and outstanding is what is left at its end. What comes back counts as used less. Null without lots. Sums are text,
-- because they may exceed what a JSON number holds exactly. It reads with the rights of its owner: entries of other apps use
-- the lots, too. EXECUTE plans it at each call, for its arguments.
CREATE OR REPLACE FUNCTION ledger.lot_summary(
  app text, owner_id text, after timestamptz, until timestamptz, per text, book text DEFAULT NULL
) RETURNS json LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  lines json;
BEGIN
  IF ledger.may_use(app) OR ledger.reads_all() THEN
    EXECUTE '
      WITH reserved AS (
        SELECT r.book, r.owner_id, r.lot_id, r.amount, h.expires_on FROM ledger.lot_holds r
          JOIN ledger.holds h ON h.book = r.book AND h.owner_id = r.owner_id AND h.id = r.hold_id
         WHERE h.released_on IS NULL AND r.book = $2 AND ($3 IS NULL OR r.owner_id = $3)
      ), lots AS (
        SELECT l.owner_id, l.id, l.kind, l.amount::bigint AS amount, l.rest::bigint AS rest, l.created_on, l.expires_on FROM ledger.lots l
         WHERE l.app = $1 AND l.book = $2 AND ($3 IS NULL OR l.owner_id = $3) AND l.created_on <= $5
      ), ends AS (
        SELECT l.owner_id, l.id, l.kind, l.rest, l.expires_on AS moment FROM lots l WHERE l.rest > 0 AND l.expires_on <= $7
        UNION
        SELECT l.owner_id, l.id, l.kind, l.rest, r.expires_on FROM lots l JOIN reserved r ON r.owner_id = l.owner_id AND r.lot_id = l.id
         WHERE l.rest > 0 AND l.expires_on < r.expires_on AND r.expires_on <= $7
      ), due AS (
        SELECT d.kind, d.moment, coalesce(lag(d.kept) OVER (PARTITION BY d.owner_id, d.id ORDER BY d.moment), d.rest) - d.kept AS amount
          FROM (
            SELECT e.owner_id, e.id, e.kind, e.rest, e.moment, least(e.rest, coalesce(sum(r.amount), 0))::bigint AS kept
              FROM ends e LEFT JOIN reserved r ON r.owner_id = e.owner_id AND r.lot_id = e.id AND r.expires_on > e.moment
             GROUP BY e.owner_id, e.id, e.kind, e.rest, e.moment
          ) d
      ), moves AS (
        SELECT l.kind, l.created_on AS moment, l.amount AS granted, 0::bigint AS used, 0::bigint AS expired, 0::bigint AS voided FROM lots l
        UNION ALL
        SELECT l.kind, e.created_on, 0, CASE WHEN e.operation = ANY ($8) THEN 0 ELSE -u.amount END,
               CASE e.operation WHEN ''CREDIT_EXPIRED'' THEN -u.amount ELSE 0 END, CASE e.operation WHEN ''CREDIT_VOIDED'' THEN -u.amount ELSE 0 END
          FROM ledger.lots l
          JOIN ledger.lot_uses u ON u.book = l.book AND u.owner_id = l.owner_id AND u.lot_id = l.id
          JOIN ledger.entries e ON e.book = u.book AND e.owner_id = u.owner_id AND e.seq = u.seq
         WHERE l.app = $1 AND l.book = $2 AND ($3 IS NULL OR l.owner_id = $3) AND e.created_on <= $5
        UNION ALL
        SELECT d.kind, d.moment, 0, 0, d.amount, 0 FROM due d WHERE d.amount > 0
      ), sums AS (
        SELECT m.kind, CASE WHEN m.moment > $4 THEN date_trunc($6, m.moment, ''UTC'') ELSE ''-infinity'' END AS start, sum(m.granted) AS granted, sum(m.used) AS used,
               sum(m.expired) AS expired, sum(m.voided) AS voided
          FROM moves m GROUP BY 1, 2
      ), windows AS (
        SELECT ''-infinity''::timestamptz AS start
        UNION ALL
        SELECT w AT TIME ZONE ''UTC'' FROM generate_series(
          date_trunc($6, $4 + interval ''1 ms'', ''UTC'') AT TIME ZONE ''UTC'', $5 AT TIME ZONE ''UTC'', (''1 '' || $6)::interval) w
      ), lines AS (
        SELECT k.kind, w.start, coalesce(s.granted, 0) AS granted, coalesce(s.used, 0) AS used, coalesce(s.expired, 0) AS expired,
               coalesce(s.voided, 0) AS voided,
               sum(coalesce(s.granted - s.used - s.expired - s.voided, 0)) OVER (PARTITION BY k.kind ORDER BY w.start) AS outstanding
          FROM windows w CROSS JOIN (SELECT DISTINCT s.kind FROM sums s) k LEFT JOIN sums s ON s.kind = k.kind AND s.start = w.start
      )
      SELECT json_agg(json_build_object(
               ''kind'', l.kind, ''start'', ledger.epoch_ms(l.start), ''granted'', l.granted::text, ''used'', l.used::text,
               ''expired'', l.expired::text, ''voided'', l.voided::text, ''outstanding'', l.outstanding::text
             ) ORDER BY l.start, l.kind DESC)
        FROM lines l WHERE l.start > ''-infinity'''
      INTO lines
      USING app, coalesce(book, app), owner_id, after, until, per, least(until, ledger.now()), ledger.lot_operations();
  END IF;
  RETURN lines;
END $$;

-- Declares all operations of an app, which of them are retired, and the book of each that does not have the app's own, in
-- a migration of that app. The first call makes the app's partition. It refuses a name that no app can have, a list that
-- lacks or retires a shared operation or gives it another book, a book that the app may not use, and a list that drops an
-- operation of existing entries or holds or gives it another book. It locks only the app's own partition: ATTACH lets every
-- other app go on posting.
CREATE OR REPLACE FUNCTION ledger.set_operations(
  app text, operations text[], retired text[] DEFAULT '{}', books jsonb DEFAULT '{}'
) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '10s' AS $$
#variable_conflict use_column
DECLARE
  declared ALIAS FOR $2;
  retiring ALIAS FOR $3;
  books_of ALIAS FOR $4;
  partition_name text := 'entries_' || $1;
  check_name text := partition_name || '_operations';
  before text[];
  faulty text[];
  dropped text;
  declared_once text[];
  used text[];
  books_before jsonb;
  is_moved boolean;
  condition text;
  now timestamptz;
BEGIN
  PERFORM ledger.assert_app_name($1);

  SELECT array_agg(o) INTO faulty FROM unnest(declared) o
   WHERE o IS NULL OR o !~ '^[A-Z][A-Z0-9_]{0,62}$';
  IF declared IS NULL OR faulty IS NOT NULL THEN
    RAISE EXCEPTION 'not operation names: %', array_to_string(faulty, ', ', 'NULL')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'A name is A to Z, 0 to 9 and _, from a letter on, at most 63 long.';
  END IF;

  SELECT array_agg(o) INTO faulty FROM unnest(ledger.shared_operations()) o WHERE o <> ALL (declared);
  IF faulty IS NOT NULL THEN
    RAISE EXCEPTION 'app % leaves out shared operations: %', $1, array_to_string(faulty, ', ')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Every app has all of ledger.shared_operations() and adds its own.';
  END IF;

  SELECT array_agg(o) INTO faulty FROM unnest(retiring) o WHERE (o = ANY (declared)) IS NOT TRUE;
  IF retiring IS NULL OR faulty IS NOT NULL THEN
    RAISE EXCEPTION 'app % retires what it does not declare: %', $1, array_to_string(faulty, ', ', 'NULL')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'A retired operation stays in the list of operations.';
  END IF;

  SELECT array_agg(o) INTO faulty FROM unnest(ledger.shared_operations()) o WHERE o = ANY (retiring);
  IF faulty IS NOT NULL THEN
    RAISE EXCEPTION 'app % retires shared operations: %', $1, array_to_string(faulty, ', ')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Every app posts all of ledger.shared_operations(); it may make a range narrower.';
  END IF;

  SELECT array_agg(o) INTO faulty FROM jsonb_object_keys(books_of) o WHERE o <> ALL (declared) OR o = ANY (ledger.shared_operations());
  IF faulty IS NOT NULL THEN
    RAISE EXCEPTION 'app % gives a book to what it does not declare or shares: %', $1, array_to_string(faulty, ', ')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Shared operations have the book of the app''s name. Others may have another.';
  END IF;

  INSERT INTO ledger.apps (app, operations) VALUES ($1, '{}') ON CONFLICT DO NOTHING;
  SELECT a.operations, a.books INTO before, books_before FROM ledger.apps a WHERE a.app = $1 FOR UPDATE;
  INSERT INTO ledger.books (book, app, apps) VALUES ($1, $1, ARRAY[$1]) ON CONFLICT DO NOTHING;
  IF NOT EXISTS (SELECT FROM ledger.books b WHERE b.book = $1 AND b.app = $1) THEN
    RAISE EXCEPTION 'no app can be called %: another app has made a book of that name', $1
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the app another name.';
  END IF;

  used := ARRAY(SELECT DISTINCT value FROM jsonb_each_text(books_of) ORDER BY value);
  PERFORM FROM ledger.books b WHERE b.book = ANY (used) FOR SHARE; -- ledger.share_book waits, and then sees the operations
  SELECT array_agg(u) INTO faulty FROM unnest(used) u
   WHERE NOT EXISTS (SELECT FROM ledger.books b WHERE b.book = u AND $1 = ANY (b.apps));
  IF faulty IS NOT NULL THEN
    RAISE EXCEPTION 'app % may not use these books: %', $1, array_to_string(faulty, ', ')
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'A book of its own: SELECT ledger.make_book(app, book) before. Another app''s: SELECT ledger.share_book(app, book, apps) in a migration of that app.';
  END IF;

  IF to_regclass(format('ledger.%I', partition_name)) IS NULL THEN
    EXECUTE format('CREATE TABLE ledger.%I (LIKE ledger.entries INCLUDING ALL, CHECK (app = %L),
      PRIMARY KEY (book, owner_id, seq), UNIQUE (book, owner_id, nonce, place))', partition_name, $1);
    EXECUTE format('CREATE UNIQUE INDEX ON ledger.%I (owner_id, reverses) WHERE reverses IS NOT NULL', partition_name);
    EXECUTE format('CREATE UNIQUE INDEX ON ledger.%I (owner_id, hold_id) WHERE hold_id IS NOT NULL', partition_name);
    EXECUTE format('CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON ledger.%I
      FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change()', partition_name);
    EXECUTE format('ALTER TABLE ledger.entries ATTACH PARTITION ledger.%I FOR VALUES IN (%L)', partition_name, $1);
    EXECUTE format('ALTER TABLE ledger.%I DROP CONSTRAINT %I', partition_name, partition_name || '_app_check');
    PERFORM ledger.make_functions($1);
  ELSE
    EXECUTE format('ALTER TABLE ledger.%I DROP CONSTRAINT %I', partition_name, check_name);
  END IF;

  -- NOT VALID: entries of the past passed the check before, so that a long table need not be read again.
  SELECT string_agg(format('book = %L AND operation = ANY (%L::text[])', b.book, b.operations), ' OR ' ORDER BY b.book <> $1, b.book)
    INTO condition
    FROM (SELECT coalesce(books_of ->> o.operation, $1) AS book,
                 array_agg(o.operation ORDER BY o.place) || CASE WHEN 'CREDIT_EXPIRED' = ANY (declared) THEN ledger.lot_operations() END AS operations
            FROM unnest(declared) WITH ORDINALITY o (operation, place) GROUP BY 1) b;
  EXECUTE format('ALTER TABLE ledger.%I ADD CONSTRAINT %I CHECK (%s) NOT VALID', partition_name, check_name, condition);

  FOREACH dropped IN ARRAY before LOOP
    is_moved := dropped = ANY (declared) AND coalesce(books_before ->> dropped, $1) <> coalesce(books_of ->> dropped, $1);
    CONTINUE WHEN dropped = ANY (declared) AND NOT is_moved;
    PERFORM 1 FROM ledger.entries e WHERE e.app = $1 AND e.operation = dropped LIMIT 1;
    IF NOT FOUND THEN
      PERFORM 1 FROM ledger.holds h WHERE h.app = $1 AND h.operation = dropped LIMIT 1;
    END IF;
    IF NOT FOUND AND dropped = ANY (ledger.lot_operations()) THEN
      PERFORM 1 FROM ledger.lots l WHERE l.app = $1 LIMIT 1;
    END IF;
    IF FOUND AND is_moved THEN
      RAISE EXCEPTION 'app % has entries or holds of %, which gets another book', $1, dropped
        USING ERRCODE = 'restrict_violation', HINT = 'Retire it, and declare another operation with the other book.';
    ELSIF FOUND THEN
      faulty := array_append(faulty, dropped);
    END IF;
  END LOOP;
  IF faulty IS NOT NULL THEN
    RAISE EXCEPTION 'app % has entries, holds or lots of the operations that the list drops: %', $1, array_to_string(faulty, ', ')
      USING ERRCODE = 'restrict_violation', HINT = 'An operation that was used stays declared. To stop its postings, retire it: retired: true in operations.ts.';
  END IF;

  declared_once := (SELECT array_agg(o ORDER BY first) FROM (SELECT o, min(i) first FROM unnest(declared) WITH ORDINALITY d (o, i) GROUP BY o) distinct_operations);
  now := date_trunc('milliseconds', ledger.now());
  UPDATE ledger.apps a SET retired = retiring, operations = declared_once, books = books_of, updated_on = now WHERE a.app = $1;
END $$;

REVOKE ALL ON FUNCTION ledger.set_operations FROM PUBLIC;

-- Returns the balances of owners in a book as a JSON array in any order, without unknown owners. It reads with the rights of
-- its owner, because holds of other apps count, too. EXECUTE plans it at each call: on PostgreSQL 15, a plan that was made
-- while there were few accounts may read all of them.
CREATE OR REPLACE FUNCTION ledger.balances(book text, owner_ids text[]) RETURNS json LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET enable_seqscan = off AS $$
#variable_conflict use_variable
DECLARE
  account record;
  balances json[] := '{}';
  now timestamptz := ledger.now();
BEGIN
  IF NOT ledger.may_use_book(book) THEN
    RETURN '[]';
  END IF;
  FOR account IN
    SELECT a.owner_id, a.balance::bigint, a.overdraft, a.held::bigint, a.holds_expire_on, a.lots_expire_on, a.state
      FROM ledger.accounts a WHERE a.book = book AND a.owner_id = ANY (owner_ids)
  LOOP
    -- A hold or a lot has expired since the account was written. One statement reads all: on a cluster, two statements may
    -- see the account before a posting and its holds after it.
    IF account.holds_expire_on <= now OR account.lots_expire_on <= now THEN
      EXECUTE format('
        SELECT a.owner_id, (a.balance - %s)::bigint AS balance, a.overdraft, (
                 SELECT coalesce(sum(h.amount), 0) FROM ledger.holds h
                  WHERE h.book = a.book AND h.owner_id = a.owner_id AND h.expires_on > $3 AND h.released_on IS NULL)::bigint AS held,
               a.holds_expire_on, a.lots_expire_on, a.state
          FROM ledger.accounts a WHERE a.book = $1 AND a.owner_id = $2', ledger.expired_credits('$3'))
        INTO account USING book, account.owner_id, now;
    END IF;
    balances := array_append(balances, ledger.balance_json(account.owner_id, account.balance, account.overdraft, account.held, account.state));
  END LOOP;
  RETURN to_json(balances);
END $$;

-- Returns the version of the ledger's SQL in this database, and the oldest servers that it serves. A server has the version
-- in packages/ledger/src/database/version.ts. Every migration of the ledger raises the version. A migration that removes or
-- changes something that older servers use raises serves, too.
CREATE OR REPLACE FUNCTION ledger.version(OUT version integer, OUT serves integer) LANGUAGE sql IMMUTABLE AS $$
  SELECT 8, 1
$$;

REVOKE ALL ON FUNCTION ledger.version FROM PUBLIC;

-- Lets the role ledger_<app>, which must exist, read and post for that app alone, and use the tables of the app's own
-- schema. It revokes everything else that the role or PUBLIC was granted in schema ledger, so that each call has the
-- same result. npm start and npm run provision call it, and so does each migration if the role has rights.
CREATE OR REPLACE FUNCTION ledger.grant_app(app text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  app_role text := 'ledger_' || app;
  app_role_id regrole := quote_ident(app_role);
  app_schema regnamespace := to_regnamespace(quote_ident(app));
  taken text;
BEGIN
  PERFORM ledger.assert_app_name(app);
  FOR taken IN
    SELECT format('%s %s', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::regclass)
      FROM pg_class c
     WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
       AND EXISTS (SELECT FROM aclexplode(c.relacl) a WHERE a.grantee IN (0, app_role_id))
    UNION ALL
    SELECT format('ROUTINE %s', p.oid::regprocedure)
      FROM pg_proc p
     WHERE p.pronamespace = 'ledger'::regnamespace
       AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee IN (0, app_role_id))
  LOOP
    EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, %I', taken, app_role);
  END LOOP;

  EXECUTE format('GRANT USAGE ON SCHEMA ledger TO %I', app_role);
  EXECUTE format('GRANT SELECT ON ledger.apps, ledger.accounts, ledger.entries, ledger.holds TO %I', app_role);
  -- These read with the rights of their caller, to whom row-level security shows the rows of its app alone.
  EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.version, ledger.may_use, ledger.may_use_book, ledger.now, ledger.epoch_ms,
    ledger.entry_json, ledger.hold_json, ledger.balance_json, ledger.live_holds, ledger.held_at, ledger.last_seq, ledger.seq_at, ledger.entries_by_id,
    ledger.entries_by_transaction, ledger.entries_by_nonce, ledger.holds_by_id, ledger.live_holds_of, ledger.summary TO %I', app_role);
  -- These read accounts of the app's books, with the rights of their owner: what other apps have in them counts, too.
  EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.apps_of, ledger.balances, ledger.amounts_at, ledger.account_entries,
    ledger.accounts_page, ledger.lots_by_id, ledger.lots_page, ledger.live_lots, ledger.expiring, ledger.uses_of_entries,
    ledger.lot_uses_page, ledger.lot_summary TO %I', app_role);
  -- These read and note the keys of the app alone, with the rights of their owner.
  EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.find_keys, ledger.touch_keys, ledger.has_keys TO %I', app_role);
  -- This reads where the shards of a cluster are.
  EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.shard_nodes TO %I', app_role);
  -- Those that post, with the rights of their owner, are copies of the app's own.
  IF EXISTS (SELECT FROM ledger.apps a WHERE a.app = $1) THEN
    PERFORM ledger.make_functions(app);
  END IF;

  IF app_schema IS NOT NULL THEN
    PERFORM ledger.grant_schema(app_schema, app_role);
  END IF;
END $$;

REVOKE ALL ON FUNCTION ledger.grant_app FROM PUBLIC;

-- Each app's copies of the templates.
SELECT ledger.make_functions(app) FROM ledger.apps;

-- The roles of apps read lots.
SELECT ledger.grant_apps();
