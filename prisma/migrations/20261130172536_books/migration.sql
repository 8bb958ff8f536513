-- Books: sets of accounts in one unit. Every app has one, of its own name. An app may make more, and share them.

-- Postings wait from the beginning, before they have locked anything that the migration needs.
LOCK TABLE ledger.accounts, ledger.entries IN ACCESS EXCLUSIVE MODE;

ALTER TABLE ledger.apps ADD COLUMN books jsonb NOT NULL DEFAULT '{}'; -- of each operation that does not have the app's own

CREATE TABLE ledger.books (
  book text   NOT NULL COLLATE "C",
  app  text   NOT NULL, -- the app that made it
  apps text[] NOT NULL, -- all that use it
  CONSTRAINT books_pkey PRIMARY KEY (book),
  CONSTRAINT books_name CHECK (book ~ '^[a-z][a-z0-9_]{0,39}$'),
  CONSTRAINT books_apps CHECK (app = ANY (apps))
);

INSERT INTO ledger.books (book, app, apps) SELECT a.app, a.app, ARRAY[a.app] FROM ledger.apps a;

DO $$ BEGIN
  IF ledger.is_distributed() THEN
    PERFORM create_reference_table('ledger.books');
  END IF;
END $$;

-- Functions, from prisma/functions.

-- Whether the session's user reads the rows of all apps: it owns the ledger, or row-level security does not apply to it. For
-- functions that run with the rights of their owner.
CREATE OR REPLACE FUNCTION ledger.reads_all() RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN pg_has_role(session_user, current_user, 'MEMBER')
      OR has_table_privilege(session_user, 'ledger.entries', 'SELECT')
         AND EXISTS (SELECT FROM pg_roles r WHERE r.rolname = session_user AND r.rolbypassrls);
END $$;

REVOKE ALL ON FUNCTION ledger.reads_all FROM PUBLIC;

-- Returns the apps that use a book, if the session's user is the role of one of them, or reads the rows of all. Otherwise none.
-- On a cluster a shard asks it for its rows, and Citus then lets it read the copy of the books on the same node.
CREATE OR REPLACE FUNCTION ledger.apps_of(book text) RETURNS text[] LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  IF ledger.is_cluster() THEN
    PERFORM set_config('citus.allow_nested_distributed_execution', 'on', true);
  END IF;
  RETURN coalesce((
    SELECT b.apps FROM ledger.books b
     WHERE b.book = book
       AND (EXISTS (SELECT FROM unnest(b.apps) app WHERE ledger.may_use(app)) OR ledger.reads_all())), '{}');
END $$;

-- Whether the session's user may read the accounts of a book. Its name alone says nothing: a book may have the name of
-- another database's app, whose role belongs to all databases of a server.
CREATE OR REPLACE FUNCTION ledger.may_use_book(book text) RETURNS boolean LANGUAGE sql STABLE
RETURN ledger.apps_of(book) <> '{}';

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.accounts_page(text, text, text, text, boolean, integer);

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
    SELECT a.owner_id, a.balance, a.overdraft, a.seq, a.created_on, a.updated_on, CASE WHEN a.holds_expire_on <= $6 THEN (
             SELECT coalesce(sum(h.amount), 0)::bigint FROM ledger.holds h
              WHERE h.book = a.book AND h.owner_id = a.owner_id AND h.expires_on > $6 AND h.released_on IS NULL
           ) ELSE a.held END AS held
      FROM ledger.accounts a
     WHERE a.book = $1 AND a.owner_id ^@ $2 AND a.owner_id > $3 AND ($4 IS NULL OR a.owner_id < $4)
     ORDER BY a.owner_id %s LIMIT $5', CASE WHEN backward THEN 'DESC' ELSE 'ASC' END)
    USING book, prefix, after, before, size, now
  LOOP
    accounts := array_append(accounts, json_build_object(
      'balance', ledger.balance_json(account.owner_id, account.balance, account.overdraft, account.held),
      'entryCount', account.seq,
      'createdOn', ledger.epoch_ms(account.created_on),
      'updatedOn', ledger.epoch_ms(account.updated_on)));
  END LOOP;
  RETURN to_json(accounts);
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.entry_json(bigint, text, bigint, text, bigint, bigint, text, uuid, jsonb, timestamp with time zone, bigint, bigint, bigint);

CREATE OR REPLACE FUNCTION ledger.entry_json(
  id bigint, owner_id text, seq bigint, operation text, amount bigint, balance_after bigint, nonce text, transaction_id uuid,
  metadata jsonb, created_on timestamptz, reverses bigint, refunds bigint, hold_id bigint, book text DEFAULT NULL
) RETURNS json LANGUAGE sql STABLE
RETURN json_build_object(
  'id', id::text,
  'ownerId', owner_id,
  'book', book,
  'seq', seq,
  'operation', operation,
  'amount', amount,
  'balanceAfter', balance_after,
  'nonce', nonce,
  'transactionId', transaction_id,
  'metadata', metadata,
  'createdOn', ledger.epoch_ms(created_on),
  'reverses', reverses::text,
  'refunds', refunds::text,
  'holdId', hold_id::text
);

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.hold_json(bigint, text, text, bigint, text, jsonb, timestamp with time zone, timestamp with time zone, timestamp with time zone, bigint, timestamp with time zone);

-- at: the moment for which the hold's status is computed.
CREATE OR REPLACE FUNCTION ledger.hold_json(
  id bigint, owner_id text, operation text, amount bigint, nonce text, metadata jsonb, created_on timestamptz,
  expires_on timestamptz, released_on timestamptz, captured_by bigint, at timestamptz, book text DEFAULT NULL
) RETURNS json LANGUAGE sql STABLE
RETURN json_build_object(
  'id', id::text,
  'ownerId', owner_id,
  'book', book,
  'operation', operation,
  'amount', amount,
  'nonce', nonce,
  'metadata', metadata,
  'status', CASE
    WHEN captured_by IS NOT NULL THEN 'CAPTURED'
    WHEN released_on IS NOT NULL THEN 'RELEASED'
    WHEN expires_on <= at THEN 'EXPIRED'
    ELSE 'HELD'
  END,
  'capturedBy', captured_by::text,
  'createdOn', ledger.epoch_ms(created_on),
  'expiresOn', ledger.epoch_ms(expires_on),
  'releasedOn', ledger.epoch_ms(released_on)
);

-- Drops the copies of an older template, which have other arguments or another result than this one.
CREATE OR REPLACE FUNCTION ledger.drop_others(name text, template oid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  copy regprocedure;
BEGIN
  FOR copy IN
    SELECT p.oid FROM pg_proc p
     WHERE p.pronamespace = 'ledger'::regnamespace AND p.proname = name
       AND (pg_get_function_identity_arguments(p.oid) <> pg_get_function_identity_arguments(template)
            OR pg_get_function_result(p.oid) <> pg_get_function_result(template))
  LOOP
    EXECUTE format('DROP FUNCTION %s', copy);
  END LOOP;
END $$;

REVOKE ALL ON FUNCTION ledger.drop_others FROM PUBLIC;

-- Makes the functions that post to one shard of an app, for each shard: copies of those for one PostgreSQL, which name
-- the shard's tables in place of the ledger's. Citus need not plan their statements, so that they cost as on one
-- PostgreSQL. Every node has those of all shards. A function that asks all shards has no copy.
CREATE OR REPLACE FUNCTION ledger.make_shard_functions(app text) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  names CONSTANT text[] := ARRAY[
    'post_template', 'append_template', 'replay_template', 'judge_template', 'judge_correction_template',
    'is_limit_reached_template', 'judge_capture', 'lock_accounts', 'lock_missing_account', 'make_accounts', 'make_free_accounts',
    'remove_unused_accounts', 'save_accounts', 'live_holds', 'held_at', 'set_aside', 'make_hold', 'release_hold', 'capture_hold',
    'retired_operations', 'assert_declared', 'assert_books'];
  shard record;
  template record;
  definition text;
BEGIN
  FOR shard IN
    SELECT s.shardid AS id, shard_name(s.logicalrelid, s.shardid) AS entries,
           jsonb_object_agg(c.relname, shard_name(c.oid, t.shardid)) AS tables
      FROM pg_dist_shard s
      JOIN pg_dist_shard t ON t.shardminvalue IS NOT DISTINCT FROM s.shardminvalue OR t.shardminvalue IS NULL
      JOIN pg_class c ON c.oid = t.logicalrelid
     WHERE s.logicalrelid = to_regclass('ledger.entries_' || app)
       AND c.relnamespace = 'ledger'::regnamespace AND c.relname IN ('accounts', 'apps', 'books', 'entries', 'holds')
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
      definition := regexp_replace(definition, '\mledger\.accounts\M', shard.tables ->> 'accounts', 'g');
      definition := regexp_replace(definition, '\mledger\.apps\M', shard.tables ->> 'apps', 'g');
      definition := regexp_replace(definition, '\mledger\.books\M', shard.tables ->> 'books', 'g');
      definition := regexp_replace(definition, '\mledger\.entries\M', shard.tables ->> 'entries', 'g');
      definition := regexp_replace(definition, '\mledger\.holds\M', shard.tables ->> 'holds', 'g');
      definition := replace(definition, quote_literal('template'), quote_literal(app));
      definition := replace(definition, 'ledger.is_cluster()', 'false');
      definition := replace(definition, 'ledger.is_shard()', 'true');
      EXECUTE replace(definition, ' SECURITY DEFINER', '');
    END LOOP;
  END LOOP;
END $$;

REVOKE ALL ON FUNCTION ledger.make_shard_functions FROM PUBLIC;

-- Makes an app's copies of the templates. Lets the app's role call the copies that post, if the role has rights in this
-- database: roles belong to all databases of a server. ledger.set_operations runs it, and so does every migration that
-- changes a template. A copy has `true` or `false` in place of ledger.is_cluster(), so that one PostgreSQL does not ask
-- in every call. On a cluster it has custom plans: a generic one cannot tell which shard it is for.
CREATE OR REPLACE FUNCTION ledger.make_functions(app text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  app_role regrole := to_regrole(quote_ident('ledger_' || app));
  template record;
  is_cluster CONSTANT boolean := ledger.is_cluster();
  plan_mode  CONSTANT text := CASE WHEN is_cluster THEN 'force_custom_plan' ELSE 'force_generic_plan' END;
  definition text;
BEGIN
  PERFORM ledger.assert_app_name(app);
  FOR template IN
    SELECT p.oid, regexp_replace(p.proname, '_template$', '_' || app) AS name, p.proname ~ '^(post|append|try)_' AS is_entry
      FROM pg_proc p
     WHERE p.pronamespace = 'ledger'::regnamespace AND p.proname ~ '_template$'
     ORDER BY p.oid
  LOOP
    PERFORM ledger.drop_others(template.name, template.oid);
    definition := regexp_replace(pg_get_functiondef(template.oid), '\mledger\.(\w+)_template\M', 'ledger.\1_' || app, 'g');
    definition := replace(definition, quote_literal('template'), quote_literal(app));
    definition := replace(definition, 'ledger.is_cluster()', is_cluster::text);
    definition := replace(definition, 'ledger.is_shard()', 'false');
    EXECUTE replace(definition, quote_literal('force_generic_plan'), quote_literal(plan_mode));
    EXECUTE format('COMMENT ON FUNCTION ledger.%I IS %L', template.name, 'A copy for the app ' || app);
    EXECUTE format('REVOKE ALL ON FUNCTION ledger.%I FROM PUBLIC', template.name);
    IF template.is_entry AND has_schema_privilege(app_role, 'ledger', 'USAGE') THEN
      EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.%I TO %s', template.name, app_role);
    END IF;
  END LOOP;
  IF ledger.is_distributed() THEN
    PERFORM ledger.distribute_functions(app), ledger.make_shard_functions(app);
  END IF;
END $$;

REVOKE ALL ON FUNCTION ledger.make_functions FROM PUBLIC;

-- Raises an error for a book that an app may not use.
CREATE OR REPLACE FUNCTION ledger.assert_books(app text, books text[]) RETURNS void LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
  book text;
BEGIN
  FOREACH book IN ARRAY books LOOP
    IF book IS DISTINCT FROM app AND NOT EXISTS (SELECT FROM ledger.books b WHERE b.book = book AND app = ANY (b.apps)) THEN
      RAISE EXCEPTION 'the app % may not use the book %', app, book USING ERRCODE = 'insufficient_privilege';
    END IF;
  END LOOP;
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.make_accounts(text, text[]);

-- Makes missing accounts: those with these numbers, in their order. Returns the numbers of the accounts that it made.
-- Another transaction may be faster.
CREATE OR REPLACE FUNCTION ledger.make_accounts(books text[], owner_ids text[], missing integer[]) RETURNS integer[] LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  account record;
  made integer[];
BEGIN
  FOR account IN
    INSERT INTO ledger.accounts AS a (book, owner_id, head, created_on, updated_on)
    SELECT $1[m.number], $2[m.number], ledger.chain_start($1[m.number], $2[m.number]), moment.now, moment.now
      FROM unnest($3) WITH ORDINALITY m (number, place), (SELECT date_trunc('milliseconds', ledger.now()) AS now) moment
     ORDER BY m.place
    ON CONFLICT DO NOTHING
    RETURNING a.book, a.owner_id
  LOOP
    made := made || (SELECT m.number FROM unnest($3) m (number) WHERE $1[m.number] = account.book AND $2[m.number] = account.owner_id);
  END LOOP;
  RETURN made;
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.make_free_accounts(text, text[]);

-- Does the same, but leaves out accounts that another transaction is making. PostgreSQL cannot skip these. The function
-- waits for all of them together as long as lock_timeout allows, and then for each by itself for an instant, to find
-- out which they are.
CREATE OR REPLACE FUNCTION ledger.make_free_accounts(books text[], owner_ids text[], missing integer[]) RETURNS integer[] LANGUAGE plpgsql AS $$
DECLARE
  number integer;
  made integer[];
BEGIN
  BEGIN
    RETURN ledger.make_accounts(books, owner_ids, missing);
  EXCEPTION WHEN lock_not_available THEN
    SET LOCAL lock_timeout = '5ms'; -- not by set_config, which other nodes of a cluster do not hear of
  END;
  FOREACH number IN ARRAY missing LOOP
    BEGIN
      made := made || ledger.make_accounts(books, owner_ids, ARRAY[number]);
    EXCEPTION WHEN lock_not_available THEN
      CONTINUE;
    END;
  END LOOP;
  RETURN made;
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.lock_shard(text, text[], boolean);

-- Locks the accounts of one shard, as ledger.lock_accounts does. The statement names the owners once more, so that Citus
-- sends it to their shard. In another collation than the index has, this is no condition of the index.
CREATE OR REPLACE FUNCTION ledger.lock_shard(
  books text[], owner_ids text[], skip_busy boolean,
  OUT balances bigint[], OUT overdrafts bigint[], OUT helds bigint[], OUT expiries timestamptz[], OUT seqs bigint[],
  OUT updates timestamptz[], OUT heads bytea[], OUT made integer[]
) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  missing integer[];
  known record;
BEGIN
  LOOP
    IF skip_busy THEN
      SELECT array_agg(a.balance ORDER BY o.number), array_agg(a.overdraft ORDER BY o.number), array_agg(a.held ORDER BY o.number),
             array_agg(a.holds_expire_on ORDER BY o.number), array_agg(a.seq ORDER BY o.number),
             array_agg(a.updated_on ORDER BY o.number), array_agg(a.head ORDER BY o.number)
        INTO balances, overdrafts, helds, expiries, seqs, updates, heads
        FROM unnest(books, owner_ids) WITH ORDINALITY o (book, owner_id, number) LEFT JOIN LATERAL (
          SELECT a.* FROM ledger.accounts a
           WHERE a.book = o.book AND a.owner_id = o.owner_id AND a.owner_id = ANY (owner_ids COLLATE "default")
             FOR NO KEY UPDATE SKIP LOCKED
        ) a ON true;
      EXIT WHEN made IS NOT NULL OR array_position(updates, NULL) IS NULL;
    ELSE
      SELECT array_agg(a.balance ORDER BY o.number), array_agg(a.overdraft ORDER BY o.number), array_agg(a.held ORDER BY o.number),
             array_agg(a.holds_expire_on ORDER BY o.number), array_agg(a.seq ORDER BY o.number),
             array_agg(a.updated_on ORDER BY o.number), array_agg(a.head ORDER BY o.number)
        INTO balances, overdrafts, helds, expiries, seqs, updates, heads
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

DROP FUNCTION ledger.lock_shards_template(text[], boolean, text[], integer[], integer[]);

-- Locks the accounts of a call, shard by shard, and looks the nonces up.
CREATE OR REPLACE FUNCTION ledger.lock_shards_template(
  owner_ids text[], books text[], skip_busy boolean, nonces text[], requests_of integer[], accounts integer[],
  OUT balances bigint[], OUT overdrafts bigint[], OUT helds bigint[], OUT expiries timestamptz[], OUT seqs bigint[],
  OUT updates timestamptz[], OUT heads bytea[], OUT made integer[], OUT replayed integer[]
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
  updates := expiries;
  heads := array_fill(NULL::bytea, ARRAY[cardinality(owner_ids)]);
  FOR shard IN SELECT s.owners, s.numbers FROM ledger.shards_of(owner_ids) s LOOP
    owners := shard.owners;
    SELECT * INTO got FROM ledger.lock_shard(ARRAY(SELECT books[n] FROM unnest(shard.numbers) n), owners, skip_busy);
    FOR n IN 1..cardinality(owners) LOOP
      number := shard.numbers[n];
      balances[number] := got.balances[n];
      overdrafts[number] := got.overdrafts[n];
      helds[number] := got.helds[n];
      expiries[number] := got.expiries[n];
      seqs[number] := got.seqs[n];
      updates[number] := got.updates[n];
      heads[number] := got.heads[n];
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

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.assert_declared(text, text);

-- Raises an error for an undeclared operation of a hold. Entries have a CHECK on their operations, but holds are in one
-- table for all apps. The look-up of nonces has taken the partition's lock, so ledger.set_operations waits until the
-- hold is visible.
CREATE OR REPLACE FUNCTION ledger.assert_declared(app text, book text, operation text) RETURNS void LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
BEGIN
  IF NOT EXISTS (SELECT FROM ledger.apps a WHERE a.app = app AND operation = ANY (a.operations) AND coalesce(a.books ->> operation, app) = book) THEN
    RAISE EXCEPTION 'the app % does not declare the operation % in the book %', app, operation, book USING ERRCODE = 'check_violation';
  END IF;
END $$;

-- Makes a hold.
CREATE OR REPLACE FUNCTION ledger.make_hold(
  app text, book text, owner_id text, operation text, amount bigint, nonce text, metadata jsonb, hold_ms bigint,
  at timestamptz, OUT hold json
) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  made record;
BEGIN
  PERFORM ledger.assert_declared(app, book, operation);
  INSERT INTO ledger.holds AS h (id, app, book, owner_id, operation, amount, nonce, metadata, created_on, expires_on)
  VALUES (nextval('ledger.holds_id_seq'), app, book, owner_id, operation, amount, nonce, metadata, at, at + hold_ms * interval '1 millisecond')
  RETURNING h.id, h.created_on, h.expires_on INTO made;
  hold := ledger.hold_json(made.id, owner_id, operation, amount, nonce, metadata, made.created_on, made.expires_on, NULL, NULL, at, book);
END $$;

-- Releases a live hold. Any other hold stays unchanged. outcome: released (also when it was released before or has
-- expired), hold_captured, or hold_not_found.
CREATE OR REPLACE FUNCTION ledger.release_hold(
  app text, book text, owner_id text, id bigint, at timestamptz, OUT outcome text, OUT hold json, OUT changed boolean
) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  UPDATE ledger.holds h SET released_on = at
   WHERE h.app = app AND h.book = book AND h.owner_id = owner_id AND h.id = id AND h.released_on IS NULL AND h.expires_on > at;
  changed := FOUND;
  SELECT CASE WHEN h.captured_by IS NULL THEN 'released' ELSE 'hold_captured' END,
         ledger.hold_json(h.id, h.owner_id, h.operation, h.amount, h.nonce, h.metadata, h.created_on, h.expires_on,
                          h.released_on, h.captured_by, at, h.book)
    INTO outcome, hold
    FROM ledger.holds h WHERE h.app = app AND h.book = book AND h.owner_id = owner_id AND h.id = id;
  outcome := coalesce(outcome, 'hold_not_found');
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.is_limit_reached_template(text, text, integer, timestamp with time zone, bigint);

-- Whether the owner has used an operation as often as its limit allows. Reversed entries count, and so do holds, at the
-- time they were made. Reversals, refunds and captures do not count. more: uses that are not written yet.
CREATE OR REPLACE FUNCTION ledger.is_limit_reached_template(
  book text, owner_id text, operation text, times integer, since timestamptz, more bigint
) RETURNS boolean LANGUAGE plpgsql STABLE SET enable_sort = off AS $$
#variable_conflict use_variable
DECLARE
  app CONSTANT text := 'template';
BEGIN
  -- The newest ones alone are read, as many as the limit allows: an index has those that count by themselves. Their kind
  -- is asked for as a range, in the order of that index: for an equal one the planner may read all entries of the owner.
  RETURN more + (
    SELECT count(*) FROM (
      (SELECT e.created_on FROM ledger.entries_template e
        WHERE e.book = book AND e.owner_id = owner_id AND e.operation = operation
          AND num_nonnulls(e.reverses, e.refunds, e.hold_id) BETWEEN 0 AND 0
        ORDER BY num_nonnulls(e.reverses, e.refunds, e.hold_id) DESC, e.seq DESC LIMIT times)
      UNION ALL
      (SELECT h.created_on FROM ledger.holds h
        WHERE h.book = book AND h.owner_id = owner_id AND h.app = app AND h.operation BETWEEN operation AND operation
        ORDER BY h.operation DESC, h.created_on DESC LIMIT times)
    ) newest WHERE newest.created_on >= since) >= times;
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.judge_correction_template(text, text, bigint, bigint, bigint);

-- Returns why an entry cannot be reversed or refunded, or null when it can. refundable: the credits that refunds may
-- still give back.
CREATE OR REPLACE FUNCTION ledger.judge_correction_template(
  book text, owner_id text, operation text, amount bigint, reverses bigint, refunds bigint, OUT refusal text, OUT refundable bigint
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
  target_id bigint := coalesce(reverses, refunds);
  target record;
  corrected record;
BEGIN
  SELECT e.operation, e.amount, num_nonnulls(e.reverses, e.refunds) > 0 AS is_correction INTO target
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
    WHEN target.is_correction THEN 'not_reversible'
    WHEN corrected.is_reversed THEN 'already_reversed'
    WHEN reverses IS NOT NULL AND corrected.refunded <> 0 THEN 'already_refunded'
    WHEN reverses IS NOT NULL AND amount <> -target.amount THEN 'not_reversible'
    WHEN refunds IS NOT NULL AND (sign(amount) <> -sign(target.amount) OR abs(amount) > refundable) THEN 'refund_exceeded'
  END;
END $$;

-- Returns why a hold cannot be captured, or null when it can. kept: the credits that it sets aside.
CREATE OR REPLACE FUNCTION ledger.judge_capture(
  app text, book text, owner_id text, id bigint, operation text, amount bigint, at timestamptz,
  OUT refusal text, OUT details json, OUT kept bigint
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
  hold record;
BEGIN
  SELECT h.operation, h.amount, h.captured_by, h.released_on, h.expires_on,
         ledger.hold_json(h.id, h.owner_id, h.operation, h.amount, h.nonce, h.metadata, h.created_on, h.expires_on,
                          h.released_on, h.captured_by, at, h.book) AS json
    INTO hold
    FROM ledger.holds h WHERE h.app = app AND h.book = book AND h.owner_id = owner_id AND h.id = id;
  details := hold.json;
  kept := hold.amount;
  refusal := CASE
    WHEN hold.operation IS DISTINCT FROM operation THEN 'hold_not_found'
    WHEN hold.captured_by IS NOT NULL THEN 'hold_captured'
    WHEN hold.released_on IS NOT NULL THEN 'hold_released'
    WHEN hold.expires_on <= at THEN 'hold_expired'
    WHEN amount NOT BETWEEN -hold.amount AND -1 THEN 'capture_exceeded'
  END;
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.judge_template(text, bigint, bigint, text, bigint, integer, text, bigint, bigint, bigint, bigint, text[], timestamp with time zone, bigint);

-- Returns why a line that is more than a plain entry may not be posted, or null when it may, if the balance allows it.
-- details: what the answer says about the refusal. kept: the credits that a captured hold sets aside, which its capture may take.
-- balance, held: of the account. more: as for ledger.is_limit_reached_template.
CREATE OR REPLACE FUNCTION ledger.judge_template(
  book text, owner_id text, balance bigint, held bigint, operation text, amount bigint, limit_times integer, limit_per text,
  reverses bigint, refunds bigint, captures bigint, new_overdraft bigint, retired text[], at timestamptz, more bigint,
  OUT refusal text, OUT details json, OUT kept bigint
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
  app CONSTANT text := 'template';
  limited record;
BEGIN
  kept := 0;
  IF captures IS NOT NULL THEN
    SELECT * INTO refusal, details, kept FROM ledger.judge_capture(app, book, owner_id, captures, operation, amount, at);
  ELSIF reverses IS NOT NULL OR refunds IS NOT NULL THEN
    SELECT c.refusal, to_json(c.refundable) INTO refusal, details
      FROM ledger.judge_correction_template(book, owner_id, operation, amount, reverses, refunds) c;
  ELSIF new_overdraft IS NOT NULL THEN
    refusal := CASE
      WHEN book <> app AND NOT EXISTS (SELECT FROM ledger.books b WHERE b.book = book AND b.app = app) THEN 'not_the_maker'
      WHEN balance - held + new_overdraft < 0 THEN 'overdraft_in_use'
      WHEN balance + new_overdraft > 9007199254740991 THEN 'balance_out_of_range'
    END;
  ELSIF operation = ANY (retired) THEN
    refusal := 'operation_retired';
  ELSIF limit_per IS NOT NULL THEN
    SELECT * INTO limited FROM ledger.limit_window(limit_per, at);
    IF ledger.is_limit_reached_template(book, owner_id, operation, limit_times, limited.began, more) THEN
      refusal := 'limit_reached';
      details := to_json(ledger.epoch_ms(limited.ends));
    END IF;
  END IF;
END $$;

-- Locks an account that was missing a moment ago. Makes it unless another transaction was faster.
CREATE OR REPLACE FUNCTION ledger.lock_missing_account(book text, owner_id text) RETURNS TABLE (
  balance bigint, overdraft bigint, held bigint, holds_expire_on timestamptz, seq bigint, updated_on timestamptz, head bytea, made boolean
) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  made := false;
  LOOP
    SELECT a.balance, a.overdraft, a.held, a.holds_expire_on, a.seq, a.updated_on, a.head
      INTO balance, overdraft, held, holds_expire_on, seq, updated_on, head
      FROM ledger.accounts a WHERE a.book = book AND a.owner_id = owner_id FOR NO KEY UPDATE;
    IF FOUND THEN
      RETURN NEXT;
      RETURN;
    END IF;
    made := ledger.make_accounts(ARRAY[book], ARRAY[owner_id], ARRAY[1]) IS NOT NULL;
  END LOOP;
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.lock_accounts(text, text[], boolean);

-- Locks accounts, and makes missing ones (made: their numbers). Returns their columns in the order of the list. That is
-- also the order of the locks: when all calls use the same order, no two wait for each other. Each account is looked up
-- by itself: a join that was planned while there were few accounts would read all of them.
-- skip_busy: the columns are null for an account that another transaction has locked or is making.
CREATE OR REPLACE FUNCTION ledger.lock_accounts(
  books text[], owner_ids text[], skip_busy boolean,
  OUT balances bigint[], OUT overdrafts bigint[], OUT helds bigint[], OUT expiries timestamptz[], OUT seqs bigint[],
  OUT updates timestamptz[], OUT heads bytea[], OUT made integer[]
) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  missing integer[];
BEGIN
  IF NOT skip_busy THEN
    SELECT array_agg(coalesce(a.balance, m.balance)), array_agg(coalesce(a.overdraft, m.overdraft)),
           array_agg(coalesce(a.held, m.held)), array_agg(coalesce(a.holds_expire_on, m.holds_expire_on)),
           array_agg(coalesce(a.seq, m.seq)), array_agg(coalesce(a.updated_on, m.updated_on)),
           array_agg(coalesce(a.head, m.head)), array_agg(o.number) FILTER (WHERE m.made)
      INTO balances, overdrafts, helds, expiries, seqs, updates, heads, made
      FROM unnest(books, owner_ids) WITH ORDINALITY o (book, owner_id, number) LEFT JOIN LATERAL (
        SELECT a.* FROM ledger.accounts a WHERE a.book = o.book AND a.owner_id = o.owner_id FOR NO KEY UPDATE
      ) a ON true LEFT JOIN LATERAL (
        SELECT m.* FROM ledger.lock_missing_account(o.book, o.owner_id) m WHERE a.seq IS NULL OFFSET 0
      ) m ON true;
    RETURN;
  END IF;

  LOOP
    SELECT array_agg(a.balance), array_agg(a.overdraft), array_agg(a.held), array_agg(a.holds_expire_on), array_agg(a.seq),
           array_agg(a.updated_on), array_agg(a.head)
      INTO balances, overdrafts, helds, expiries, seqs, updates, heads
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

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.remove_unused_accounts(text, text[]);

-- Removes accounts that were made and that no line has used. EXECUTE plans it at each call, as in ledger.balances.
CREATE OR REPLACE FUNCTION ledger.remove_unused_accounts(books text[], owner_ids text[], made integer[]) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_variable
DECLARE
  number integer;
BEGIN
  FOREACH number IN ARRAY made LOOP
    DELETE FROM ledger.accounts a
     WHERE a.book = books[number] AND a.owner_id = owner_ids[number] AND a.seq = 0 AND a.held = 0 AND a.overdraft = 0;
  END LOOP;
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.transaction_id(uuid, text, text);

-- Returns the id of the transaction that an attempt leads to. An app uses a nonce once in an owner's account, so no two
-- of its transactions share an id, whatever attempt ids callers send. It is a UUIDv7 with the time of the attempt's id.
-- book: null for the app's own.
CREATE OR REPLACE FUNCTION ledger.transaction_id(attempt uuid, owner_id text, nonce text, book text DEFAULT NULL) RETURNS uuid LANGUAGE sql IMMUTABLE
RETURN (left(attempt::text, 14) || '7'
  || overlay(left(md5(attempt::text || ' ' || coalesce(book || ' ', '') || char_length(owner_id)::text || ' ' || owner_id || nonce), 19)
             PLACING '8' FROM 4 FOR 1))::uuid;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.replay_template(text, text, uuid, jsonb, text[], text[], bigint[], bigint[], bigint[], bigint[], bigint, timestamp with time zone, json);

-- Returns the answer to a request whose nonce this owner has used before: the original, and whether the request is
-- identical. Null when the owner has not used it.
-- own: whether the same attempt posted the original.
-- owner_ids, operations, requested, reverses, refunds, captures: of the request's lines. hold_ms: set when the request is for a hold.
-- balance: the owner's balance for the answer.
CREATE OR REPLACE FUNCTION ledger.replay_template(
  book text, owner_id text, nonce text, attempt uuid, metadata jsonb, owner_ids text[], operations text[], requested bigint[],
  reverses bigint[], refunds bigint[], captures bigint[], hold_ms bigint, at timestamptz, balance json
) RETURNS json LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
  app CONSTANT text := 'template';
  original record;
  identical boolean;
BEGIN
  SELECT e.transaction_id,
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

-- Checks the rules for a call's accounts and the numbers of its lines, whoever the caller is.
CREATE OR REPLACE FUNCTION ledger.assert_accounts(owner_ids text[], books text[], parts integer[], accounts integer[]) RETURNS void LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  numbers integer := cardinality(owner_ids);
BEGIN
  IF cardinality(books) <> numbers OR (
    SELECT bool_and((a.owner_id COLLATE "C", a.book COLLATE "C") > (a.owner_before, a.book_before))
      FROM (SELECT a.owner_id, a.book, lag(a.owner_id) OVER number AS owner_before, lag(a.book) OVER number AS book_before, a.number
              FROM unnest(owner_ids, books) WITH ORDINALITY a (owner_id, book, number) WINDOW number AS (ORDER BY a.number)) a
     WHERE a.number > 1) IS FALSE
  THEN
    RAISE EXCEPTION 'the accounts of a call come once each, in the order of the bytes of their owners and books, not as % in %', owner_ids, books
      USING ERRCODE = 'invalid_parameter_value';
  ELSIF (SELECT bool_and(size > 0) AND sum(size) = numbers FROM unnest(parts) size) IS NOT TRUE THEN
    RAISE EXCEPTION 'the parts of % owners are %', numbers, parts USING ERRCODE = 'invalid_parameter_value';
  ELSIF (SELECT count(*) FROM unnest(accounts) number WHERE number BETWEEN 1 AND numbers) IS DISTINCT FROM cardinality(accounts) THEN
    RAISE EXCEPTION 'a line names its owner by a number from 1 to %, not by one of %', numbers, accounts
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.save_shards(text, text[], bigint[], bigint[], timestamp with time zone[], bigint[], timestamp with time zone[], bytea[], bigint[]);

-- Writes what entries have changed, as ledger.save_accounts does, shard by shard. Returns how many accounts it wrote.
CREATE OR REPLACE FUNCTION ledger.save_shards(
  books text[], owner_ids text[], balances bigint[], helds bigint[], expiries timestamptz[], seqs bigint[], updates timestamptz[],
  heads bytea[], seqs_read bigint[]
) RETURNS integer LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  owners text[];
  saved integer;
  total integer := 0;
BEGIN
  FOR owners IN SELECT s.owners FROM ledger.shards_of(owner_ids) s LOOP
    UPDATE ledger.accounts a
       SET balance = n.balance, held = n.held, holds_expire_on = n.expiry, seq = n.seq, updated_on = n.updated_on, head = n.head
      FROM unnest(books, owner_ids, balances, helds, expiries, seqs, updates, heads, seqs_read)
           n (book, owner_id, balance, held, expiry, seq, updated_on, head, seq_read)
     WHERE a.book = n.book AND a.owner_id = n.owner_id AND a.owner_id = ANY (owners COLLATE "default")
       AND a.seq = n.seq_read AND n.seq > n.seq_read;
    GET DIAGNOSTICS saved = ROW_COUNT;
    total := total + saved;
  END LOOP;
  RETURN total;
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.save_accounts(text, text[], bigint[], bigint[], timestamp with time zone[], bigint[], timestamp with time zone[], bytea[], bigint[]);

-- Writes what entries have changed in accounts whose seq has risen since their rows were read. An account is found by
-- its key, and only with the seq that was read: on a cluster, a shard may have moved since, without its lock. Each
-- column is compared with a list of one value. Only an index answers that, so PostgreSQL looks each account up by its
-- key. A plan for equal columns that was made while there were few accounts would read all of them, and up to version 17
-- PostgreSQL reads the index to its end where rows are compared.
CREATE OR REPLACE FUNCTION ledger.save_accounts(
  books text[], owner_ids text[], balances bigint[], helds bigint[], expiries timestamptz[], seqs bigint[], updates timestamptz[],
  heads bytea[], seqs_read bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  saved integer;
BEGIN
  IF ledger.is_cluster() THEN
    saved := ledger.save_shards(books, owner_ids, balances, helds, expiries, seqs, updates, heads, seqs_read);
  ELSE
    UPDATE ledger.accounts a
       SET balance = n.balance, held = n.held, holds_expire_on = n.expiry, seq = n.seq, updated_on = n.updated_on, head = n.head
      FROM (
        SELECT n.* FROM unnest(books, owner_ids, balances, helds, expiries, seqs, updates, heads, seqs_read)
               n (book, owner_id, balance, held, expiry, seq, updated_on, head, seq_read)
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
--     limit_times, limit_per   how often the operation may be posted per hour, day, week, month or lifetime
--     reverses            the id of an entry; a request reverses a whole transaction, and does nothing else
--     refunds, captures   the id of an entry, of a hold
--     hold_ms             how long the credits are set aside, in place of an entry
--     releases            the id of a hold, in place of an entry: without operation and nonce
--     overdraft           how far below 0 the balance may go, in place of an entry: without operation and nonce
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
--   and by line {ids, seqs, balances, overdrafts, held}: the entry, and its account after it. A replay is found before
--   anything else is judged. overdrafts and held are left out when all are 0.
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
  limit_times integer[]; limit_pers text[]; reverses bigint[]; refunds bigint[]; captures bigint[];
  hold_ms bigint[]; releases bigint[]; new_overdrafts bigint[]; special boolean[];
  -- The accounts, as what is posted leaves them. updates: null for one that is busy. seqs_written: what the rows say.
  balances bigint[]; overdrafts bigint[]; helds bigint[]; expiries timestamptz[]; seqs bigint[]; updates timestamptz[];
  heads bytea[]; made integer[]; seqs_written bigint[];
  -- What becomes of it, by request and by line.
  answers json[]; moments timestamptz[]; transactions uuid[]; -- moments: null where all are now
  ids bigint[]; entry_seqs bigint[]; balances_after bigint[]; hashes bytea[];
  overdrafts_after bigint[]; helds_after bigint[]; -- null: all are 0
  entry_places integer[];                          -- null: all are 1
  -- Of a request of several lines: how many entries each account has, and by line what undoes it.
  places integer[]; helds_before bigint[]; expiries_before timestamptz[]; updates_before timestamptz[];

  retired text[];
  replayed integer[];  -- requests of whose owners one has used the nonce before the call
  repeated integer[];  -- requests of whose owners one uses the nonce in the call before
  now timestamptz;
  request integer := 0;
  first integer;
  last integer := 0;
  unwritten integer := 1; -- the first line that is not written
  at timestamptz;
  busy integer[];
  line integer;
  number integer;
  kept bigint;
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
                limit_times, limit_pers, reverses, refunds, captures, hold_ms, releases, new_overdrafts
    FROM json_to_record(requests) r (
      book text[], id uuid[], nonce text[], metadata text[], invalid boolean[], request integer[], account integer[], operation text[],
      amount bigint[], requested bigint[], limit_times integer[], limit_per text[], reverses bigint[], refunds bigint[],
      captures bigint[], hold_ms bigint[], releases bigint[], overdraft bigint[]);
  IF cardinality(attempts) > 0 IS NOT TRUE OR greatest(
    array_ndims(books), array_ndims(attempts), array_ndims(nonces), array_ndims(metadata), array_ndims(invalid), array_ndims(requests_of),
    array_ndims(accounts), array_ndims(operations), array_ndims(amounts), array_ndims(requested), array_ndims(limit_times),
    array_ndims(limit_pers), array_ndims(reverses), array_ndims(refunds), array_ndims(captures), array_ndims(hold_ms),
    array_ndims(releases), array_ndims(new_overdrafts)) > 1 THEN
    RAISE EXCEPTION 'a call has requests, and each column is a list of values' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF books IS NULL THEN
    books := array_fill(app, ARRAY[cardinality(owner_ids)]);
  ELSE
    PERFORM ledger.assert_books(app, books);
  END IF;
  PERFORM ledger.assert_accounts(owner_ids, books, parts, accounts);
  IF (SELECT count(DISTINCT n COLLATE "C") < count(n) FROM unnest(nonces) n) THEN
    repeated := (
      SELECT array_agg(l.request)
        FROM (SELECT l.request, min(l.request) OVER (PARTITION BY l.account, nonces[l.request]) AS first
                FROM unnest(requests_of, accounts) l (request, account)) l
       WHERE l.first < l.request);
  END IF;
  IF num_nonnulls(limit_pers, reverses, refunds, captures, hold_ms, releases, new_overdrafts) > 0 THEN
    SELECT array_agg(CASE WHEN l.things > 0 OR l.limit_per IS NOT NULL THEN true END ORDER BY l.line) AS special,
           bool_or(l.things > 1) AS is_several, bool_or(l.is_alone AND l.lines > 1) AS is_crowded
      INTO got
      FROM (
        SELECT l.line, l.limit_per, num_nonnulls(l.reverses, l.refunds, l.captures, l.hold_ms, l.releases, l.overdraft) AS things,
               num_nonnulls(l.refunds, l.captures, l.hold_ms, l.releases, l.overdraft) > 0 AS is_alone,
               count(*) OVER (PARTITION BY l.request) AS lines
          FROM unnest(requests_of, limit_pers, reverses, refunds, captures, hold_ms, releases, new_overdrafts)
               WITH ORDINALITY l (request, limit_per, reverses, refunds, captures, hold_ms, releases, overdraft, line)
      ) l;
    special := got.special;
    IF got.is_several THEN
      RAISE EXCEPTION 'a line does one thing: it corrects, captures, holds, releases or sets an overdraft'
        USING ERRCODE = 'invalid_parameter_value';
    ELSIF got.is_crowded THEN
      RAISE EXCEPTION 'a line that refunds, captures, holds, releases or sets an overdraft is alone in its transaction'
        USING ERRCODE = 'invalid_parameter_value';
    END IF;
  END IF;

  IF ledger.is_cluster() THEN
    SELECT * INTO balances, overdrafts, helds, expiries, seqs, updates, heads, made, replayed
      FROM ledger.lock_shards_template(owner_ids, books, skip_busy, nonces, requests_of, accounts);
  ELSE
    -- Lock the accounts.
    SELECT * INTO balances, overdrafts, helds, expiries, seqs, updates, heads, made FROM ledger.lock_accounts(books, owners, skip_busy);
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
      IF special IS NOT NULL THEN
        line := last + 1;
        LOOP
          EXIT run WHEN special[line] AND seqs[accounts[line]] > seqs_written[accounts[line]];
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
            hold_ms[first], greatest(now, updates[number]),
            ledger.balance_json(owners[number], balances[number], overdrafts[number], ledger.held_at(
              books[number], owners[number], helds[number], expiries[number], greatest(now, updates[number]))));
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
        ELSIF special[line] THEN
          SELECT * INTO refusal, details, kept FROM ledger.judge_template(
            books[number], owners[number], balances[number], helds[number], operations[line], amounts[line], limit_times[line], limit_pers[line],
            reverses[line], refunds[line], captures[line], new_overdrafts[line], retired, at,
            (SELECT count(*) FROM generate_series(first, line - 1) n WHERE accounts[n] = number AND operations[n] = operations[line]));
          -- A capture takes what its own hold keeps: a live hold's capture is never refused for balance.
          available := available + kept;
          IF reverses[line] IS NOT NULL AND refusal IS NULL AND (
            reverses[first] IS NULL OR line = first AND NOT ledger.is_whole_template(reverses[first:last])) THEN
            refusal := 'not_reversible';
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
            operations[line], amounts[line], nonces[request], coalesce(metadata[request], '{}')::jsonb, hold_ms[line], releases[line],
            new_overdrafts[line], at);
          overdrafts[number] := got.overdraft;
          helds[number] := got.held;
          expiries[number] := got.expiry;
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
          CONTINUE WHEN ids[line] IS NULL;
          number := accounts[line];
          heads[number] := ledger.next_hash(heads[number], ledger.entry_form(
            app, books[number], owners[number], entry_seqs[line], ids[line], operations[line], amounts[line], balances_after[line],
            nonces[request], coalesce(entry_places[line], 1), transactions[request], coalesce(metadata[request], '{}')::jsonb, at,
            reverses[line], refunds[line], captures[line]));
          hashes[line] := heads[number];
        END LOOP;
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
            books[number], owners[number], helds[number], expiries[number], at)));
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
    PERFORM ledger.save_accounts(books, owner_ids, balances, helds, expiries, seqs, updates, heads, seqs_written);
    EXIT WHEN request = cardinality(attempts);
    unwritten := last + 1;
    seqs_written := seqs;
  END LOOP;

  IF last IS DISTINCT FROM cardinality(accounts) THEN
    RAISE EXCEPTION 'the lines of a call come one request after another: % of % do', last, cardinality(accounts)
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF made IS NOT NULL THEN
    PERFORM ledger.remove_unused_accounts(books, owner_ids, made);
  END IF;
  RETURN json_build_object('answers', answers, 'now', now, 'moments', moments, 'transactions', transactions, 'ids', ids, 'seqs', entry_seqs,
                           'balances', balances_after, 'overdrafts', overdrafts_after, 'held', helds_after);
END $$;

REVOKE ALL ON FUNCTION ledger.post_template FROM PUBLIC;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.append_template(text, uuid, text, text, text, bigint, bigint, boolean, integer);

-- Posts the usual request: one plain entry, without a limit. It posts the entry when the account exists and is free,
-- the nonce is new, no hold of the account has expired, and the balance allows it. Otherwise ledger.post_template
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
  balance bigint; overdraft bigint; held bigint; expiry timestamptz; seq bigint; at timestamptz; head bytea;
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
    SELECT a.balance + amount, a.overdraft, a.held, a.holds_expire_on, a.seq + 1, a.updated_on, a.head
      INTO balance, overdraft, held, expiry, seq, at, head
      FROM ledger.accounts a WHERE a.book = book AND a.owner_id = owner_id FOR NO KEY UPDATE SKIP LOCKED;
  ELSE
    SELECT a.balance + amount, a.overdraft, a.held, a.holds_expire_on, a.seq + 1, a.updated_on, a.head
      INTO balance, overdraft, held, expiry, seq, at, head
      FROM ledger.accounts a WHERE a.book = book AND a.owner_id = owner_id FOR NO KEY UPDATE;
  END IF;
  -- The parent before its partition, as every migration does that changes which partitions there are.
  IF NOT ledger.is_cluster() AND NOT ledger.is_shard() THEN
    LOCK TABLE ONLY ledger.entries IN ROW EXCLUSIVE MODE;
  END IF;
  IF at < ledger.now() THEN
    at := date_trunc('milliseconds', ledger.now());
  END IF;
  IF (expiry IS NULL OR expiry > at) AND (amount >= 0 OR balance - held + overdraft >= 0) AND balance + overdraft <= 9007199254740991 THEN
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

-- Shares a book that an app made with these other apps, and with no others, in a migration of the app that made it. An app
-- whose operations have the book keeps it.
CREATE OR REPLACE FUNCTION ledger.share_book(app text, book text, apps text[]) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  user_app text;
BEGIN
  IF array_position(coalesce(apps, '{NULL}'), NULL) IS NOT NULL THEN
    RAISE EXCEPTION 'a book is shared with apps, not with NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  PERFORM FROM ledger.books b WHERE b.book = book AND b.app = app FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the app % has made no book %', app, book
      USING ERRCODE = 'invalid_parameter_value', HINT = 'The app that made a book shares it.';
  END IF;
  SELECT a.app INTO user_app FROM ledger.apps a
   WHERE a.app <> app AND a.app <> ALL (apps) AND book IN (SELECT value FROM jsonb_each_text(a.books)) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'the app % has operations with the book %', user_app, book
      USING ERRCODE = 'restrict_violation', HINT = 'Entries stay, so that an app which has used a book keeps it.';
  END IF;
  UPDATE ledger.books b SET apps = (SELECT array_agg(DISTINCT a ORDER BY a) FROM unnest(apps || app) a) WHERE b.book = book;
END $$;

REVOKE ALL ON FUNCTION ledger.share_book FROM PUBLIC;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.set_operations(text, text[], text[]);

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
    FROM (SELECT coalesce(books_of ->> o.operation, $1) AS book, array_agg(o.operation ORDER BY o.place) AS operations
            FROM unnest(declared) WITH ORDINALITY o (operation, place) GROUP BY 1) b;
  EXECUTE format('ALTER TABLE ledger.%I ADD CONSTRAINT %I CHECK (%s) NOT VALID', partition_name, check_name, condition);

  FOREACH dropped IN ARRAY before LOOP
    is_moved := dropped = ANY (declared) AND coalesce(books_before ->> dropped, $1) <> coalesce(books_of ->> dropped, $1);
    CONTINUE WHEN dropped = ANY (declared) AND NOT is_moved;
    PERFORM 1 FROM ledger.entries e WHERE e.app = $1 AND e.operation = dropped LIMIT 1;
    IF NOT FOUND THEN
      PERFORM 1 FROM ledger.holds h WHERE h.app = $1 AND h.operation = dropped LIMIT 1;
    END IF;
    IF FOUND AND is_moved THEN
      RAISE EXCEPTION 'app % has entries or holds of %, which gets another book', $1, dropped
        USING ERRCODE = 'restrict_violation', HINT = 'Retire it, and declare another operation with the other book.';
    ELSIF FOUND THEN
      faulty := array_append(faulty, dropped);
    END IF;
  END LOOP;
  IF faulty IS NOT NULL THEN
    RAISE EXCEPTION 'app % has entries or holds of the operations that the list drops: %', $1, array_to_string(faulty, ', ')
      USING ERRCODE = 'restrict_violation', HINT = 'An operation that was used stays declared. To stop its postings, retire it: retired: true in operations.ts.';
  END IF;

  declared_once := (SELECT array_agg(o ORDER BY first) FROM (SELECT o, min(i) first FROM unnest(declared) WITH ORDINALITY d (o, i) GROUP BY o) distinct_operations);
  now := date_trunc('milliseconds', ledger.now());
  UPDATE ledger.apps a SET retired = retiring, operations = declared_once, books = books_of, updated_on = now WHERE a.app = $1;
END $$;

REVOKE ALL ON FUNCTION ledger.set_operations FROM PUBLIC;

-- Makes another book for an app, in a migration of that app, before its operations name the book.
CREATE OR REPLACE FUNCTION ledger.make_book(app text, book text) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  maker text;
BEGIN
  IF book !~ '^[a-z][a-z0-9_]{0,39}$' OR book IN ('ledger', 'public', 'template') THEN
    RAISE EXCEPTION 'no book can be called %', book
      USING ERRCODE = 'invalid_parameter_value', HINT = 'A name is a to z, 0 to 9 and _, from a letter on, at most 40 long.';
  END IF;
  PERFORM ledger.assert_app_name(app);
  INSERT INTO ledger.books (book, app, apps) VALUES (book, app, ARRAY[app]) ON CONFLICT DO NOTHING;
  SELECT b.app INTO maker FROM ledger.books b WHERE b.book = book;
  IF maker <> app THEN
    RAISE EXCEPTION 'the app % has made the book % already', maker, book
      USING ERRCODE = 'unique_violation', HINT = format('Give the book another name. Or the app %s shares it with all apps that use it: SELECT ledger.share_book(%L, %L, ARRAY[…]) in a migration of that app.', maker, maker, book);
  END IF;
END $$;

REVOKE ALL ON FUNCTION ledger.make_book FROM PUBLIC;

-- Returns how many rows of each kind there are and what they add up to. A ledger and its copy have the same.
CREATE OR REPLACE FUNCTION ledger.tally() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  accounts text;
  entries text;
  holds text;
  others text;
BEGIN
  SELECT concat_ws(' ', count(*), sum(a.balance), sum(a.held), sum(a.seq), sum(hashtext(a.book || a.owner_id || encode(a.head, 'hex'))))
    INTO accounts FROM ledger.accounts a;
  SELECT concat_ws(' ', count(*), sum(e.id), sum(e.amount), sum(hashtext(e.book || e.owner_id || encode(e.hash, 'hex'))))
    INTO entries FROM ledger.entries e;
  SELECT concat_ws(' ', count(*), sum(h.id), sum(h.amount), count(h.released_on), count(h.captured_by), sum(hashtext(h.app || h.book || h.owner_id || h.nonce)))
    INTO holds FROM ledger.holds h;
  others := (SELECT count(*) FROM ledger.apps) || ' ' || (SELECT count(*) FROM ledger.books) || ' ' || (SELECT count(*) FROM ledger.keys);
  RETURN format('accounts %s, entries %s, holds %s, apps, books and keys %s', accounts, entries, holds, others);
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
    LOCK TABLE ONLY ledger.accounts, ledger.entries, ledger.holds, ledger.apps, ledger.books, ledger.keys IN EXCLUSIVE MODE;
    original := ledger.tally();
    PERFORM create_reference_table('ledger.apps');
    PERFORM create_reference_table('ledger.books');
    PERFORM create_reference_table('ledger.keys');
    PERFORM create_distributed_table('ledger.accounts', 'owner_id', colocate_with := 'none', shard_count := shards);
    PERFORM create_distributed_table('ledger.entries', 'owner_id', colocate_with := 'ledger.accounts');
    PERFORM create_distributed_table('ledger.holds', 'owner_id', colocate_with := 'ledger.accounts');
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
       FROM unnest('{ledger.accounts,ledger.entries,ledger.holds,ledger.apps,ledger.books,ledger.keys}'::text[]) moved;
    PERFORM set_config('session_replication_role', 'origin', true);
  END IF;
  RETURN size;
END $$;

REVOKE ALL ON FUNCTION ledger.remove_old_rows FROM PUBLIC;

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

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.entries_by_nonce(text, text[], text[]);

-- Returns the app's first entry of each owner's nonce in a book (null: the app's own). The owners are named once more, so that a cluster asks their shards
-- alone. In another collation than the index has, this is no condition of the index.
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

-- Returns the seq of the last entry up to a moment that these apps have in an account, or one between it and their next
-- entry. 0 before the first. created_on never decreases along seq, so a binary search finds it. On a cluster, the owner's
-- node does all of its steps. Each asks in the order of the index on seq: to the planner any index that begins with the
-- owner is as good for an equal one. OFFSET 0: asks once a step.
CREATE OR REPLACE FUNCTION ledger.last_seq(apps text[], book text, owner_id text, moment timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  found bigint;
BEGIN
  EXECUTE '
    WITH RECURSIVE search (low, high) AS (
      SELECT 0::bigint, a.seq::bigint FROM ledger.accounts a WHERE a.book = $2 AND a.owner_id = $3
      UNION ALL
      SELECT CASE WHEN is_later THEN low ELSE middle END, CASE WHEN is_later THEN middle - 1 ELSE high END
        FROM (
          SELECT low, high, middle, (
                   SELECT e.created_on > $4 FROM ledger.entries e
                    WHERE e.app = ANY ($1) AND e.book = $2 AND e.owner_id = $3 AND e.seq >= middle ORDER BY e.seq LIMIT 1
                 ) AS is_later
            FROM (SELECT low, high, (low + high + 1) / 2 AS middle FROM search WHERE low < high) step OFFSET 0
        ) judged
    )
    SELECT low FROM search WHERE low = high'
    INTO found USING apps, book, owner_id, moment;
  RETURN coalesce(found, 0);
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.amounts_at(text, text[], timestamp with time zone[]);

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
    EXECUTE 'SELECT e.balance_after FROM ledger.entries e WHERE e.app = ANY ($1) AND e.book = $2 AND e.owner_id = $3 AND e.seq = $4'
      INTO amount USING apps, book, owner_ids[n], ledger.last_seq(apps, book, owner_ids[n], moments[n]);
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
    SELECT json_agg(ledger.hold_json(h.id, h.owner_id, h.operation, h.amount, h.nonce, h.metadata, h.created_on, h.expires_on,
                           h.released_on, h.captured_by, greatest(ledger.now(), a.updated_on), h.book))
      FROM ledger.holds h JOIN ledger.accounts a ON a.book = h.book AND a.owner_id = h.owner_id
     WHERE h.app = $1 AND h.id = ANY ($2)'
    INTO found USING app, ids;
  RETURN found;
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.live_holds_of(text, text[]);

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
        SELECT ledger.hold_json(h.id, h.owner_id, h.operation, h.amount, h.nonce, h.metadata, h.created_on, h.expires_on,
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

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.balances(text, text[]);

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
    SELECT a.owner_id, a.balance, a.overdraft, a.held::bigint, a.holds_expire_on
      FROM ledger.accounts a WHERE a.book = book AND a.owner_id = ANY (owner_ids)
  LOOP
    -- A hold has expired since the account was written. One statement reads both: on a cluster, two statements may see the
    -- account before a posting and its holds after it.
    IF account.holds_expire_on <= now THEN
      SELECT a.owner_id, a.balance, a.overdraft, coalesce(sum(h.amount), 0)::bigint AS held INTO account
        FROM ledger.accounts a
        LEFT JOIN ledger.holds h ON h.book = a.book AND h.owner_id = a.owner_id AND h.expires_on > now AND h.released_on IS NULL
       WHERE a.book = book AND a.owner_id = account.owner_id
       GROUP BY a.owner_id, a.balance, a.overdraft;
    END IF;
    balances := array_append(balances, ledger.balance_json(account.owner_id, account.balance, account.overdraft, account.held));
  END LOOP;
  RETURN to_json(balances);
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.seq_at(text, text, timestamp with time zone);

-- Returns the same for one app. book: null for the app's own.
CREATE OR REPLACE FUNCTION ledger.seq_at(app text, owner_id text, moment timestamptz, book text DEFAULT NULL) RETURNS bigint LANGUAGE sql STABLE
RETURN ledger.last_seq(ARRAY[app], coalesce(book, app), owner_id, moment);

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.summary(text, text, timestamp with time zone, timestamp with time zone, text, text[]);

-- Returns counts and sums of an app's entries in a book (null: its own) per operation and window (hour, day, month; UTC), oldest window first, as
-- a JSON array. Null without entries. Sums are text, because they may exceed what a JSON number holds exactly. The
-- entries are those between two moments, of one owner (null: of all) and of some operations (null: of all). An owner's
-- entries are found by their seq, and the owner's other entries are not read. EXECUTE plans it at each call, for its
-- arguments.
CREATE OR REPLACE FUNCTION ledger.summary(
  app text, owner_id text, after timestamptz, until timestamptz, per text, operations text[], book text DEFAULT NULL
) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  lines json;
BEGIN
  EXECUTE '
    SELECT json_agg(json_build_object(
             ''operation'', sums.operation, ''start'', ledger.epoch_ms(sums.start), ''count'', sums.count,
             ''gross'', sums.gross::text, ''reversed'', sums.reversed::text
           ) ORDER BY sums.start, sums.operation COLLATE "C")
      FROM (
        SELECT e.operation, kind.start,
               count(*) FILTER (WHERE NOT is_correction) AS count,
               coalesce(sum(e.amount) FILTER (WHERE NOT is_correction), 0) AS gross,
               coalesce(sum(e.amount) FILTER (WHERE is_correction), 0) AS reversed
          FROM ledger.entries e, LATERAL (
                 SELECT num_nonnulls(e.reverses, e.refunds) > 0 AS is_correction,
                        date_trunc($2, e.created_on, ''UTC'') AS start) kind
         WHERE e.app = $1 AND e.book = $9 AND e.created_on > $3 AND e.created_on <= $4
           AND ($5 IS NULL OR e.operation = ANY ($5))
           AND ($6 IS NULL OR e.owner_id = $6 AND e.seq > $7 AND e.seq <= $8)
         GROUP BY e.operation, kind.start
      ) sums'
    INTO lines
    USING app, per, after, until, operations, owner_id,
          ledger.seq_at(app, owner_id, after, book), ledger.seq_at(app, owner_id, until, book), coalesce(book, app);
  RETURN lines;
END $$;

-- Returns the version of the ledger's SQL in this database, and the oldest servers that it serves. A server has the version
-- in packages/ledger/src/database/version.ts. Every migration of the ledger raises the version. A migration that removes or
-- changes something that older servers use raises serves, too.
CREATE OR REPLACE FUNCTION ledger.version(OUT version integer, OUT serves integer) LANGUAGE sql IMMUTABLE AS $$
  SELECT 6, 1
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
    ledger.accounts_page TO %I', app_role);
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

-- Functions that prisma/functions no longer has.

DROP FUNCTION ledger.assert_owners(text[], integer[], integer[]);

-- Who may read what: an app the accounts of its books, and what it has in them. Functions show it the rest of an account.
ALTER TABLE ledger.books ENABLE ROW LEVEL SECURITY;
ALTER POLICY own_book ON ledger.accounts USING (ledger.may_use_book(book));

-- The operations of each app, with a constraint that each has its book.
SELECT ledger.set_operations(a.app, a.operations, a.retired) FROM ledger.apps a;

-- The apps may call what is new.
SELECT ledger.grant_apps();
