-- Accounts can be frozen and closed. Limits count credits, and their windows may begin with a posting.

CREATE DOMAIN ledger.account_state AS text CONSTRAINT account_state_name CHECK (VALUE IN ('SPENDING_FROZEN', 'FROZEN', 'CLOSED'));

ALTER TABLE ledger.accounts ADD COLUMN state ledger.account_state; -- null: open

-- When the present anchored window of a limit began for an owner. Calendar windows follow from the time alone.
CREATE TABLE ledger.limit_windows (
  app       text           NOT NULL,
  book      text           NOT NULL COLLATE "C",
  owner_id  text           NOT NULL COLLATE "C",
  operation text           NOT NULL,
  began     timestamptz(3) NOT NULL,
  CONSTRAINT limit_windows_pkey PRIMARY KEY (book, owner_id, app, operation)
);

-- No policy: whoever is not the owner reaches windows through the functions that post alone, whatever else is granted.
ALTER TABLE ledger.limit_windows ENABLE ROW LEVEL SECURITY;

DO $$ BEGIN
  IF ledger.is_distributed() THEN
    PERFORM create_distributed_table('ledger.limit_windows', 'owner_id', colocate_with := 'ledger.accounts');
  END IF;
END $$;

-- Functions, from prisma/functions.

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.balance_json(text, bigint, bigint, bigint);

CREATE OR REPLACE FUNCTION ledger.balance_json(
  owner_id text, balance bigint, overdraft bigint, held bigint, state text
) RETURNS json LANGUAGE sql IMMUTABLE
RETURN json_build_object(
  'ownerId', owner_id,
  'amount', balance,
  'overdraft', overdraft,
  'held', held,
  'available', balance - held + overdraft,
  'state', coalesce(state, 'OPEN')
);

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
    SELECT a.owner_id, a.balance, a.overdraft, a.state, a.seq, a.created_on, a.updated_on, CASE WHEN a.holds_expire_on <= $6 THEN (
             SELECT coalesce(sum(h.amount), 0)::bigint FROM ledger.holds h
              WHERE h.book = a.book AND h.owner_id = a.owner_id AND h.expires_on > $6 AND h.released_on IS NULL
           ) ELSE a.held END AS held
      FROM ledger.accounts a
     WHERE a.book = $1 AND a.owner_id ^@ $2 AND a.owner_id > $3 AND ($4 IS NULL OR a.owner_id < $4)
     ORDER BY a.owner_id %s LIMIT $5', CASE WHEN backward THEN 'DESC' ELSE 'ASC' END)
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
    'retired_operations', 'assert_declared', 'assert_books', 'has_made'];
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
       AND c.relnamespace = 'ledger'::regnamespace AND c.relname IN ('accounts', 'apps', 'books', 'entries', 'holds', 'limit_windows')
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
      definition := regexp_replace(definition, '\mledger\.limit_windows\M', shard.tables ->> 'limit_windows', 'g');
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
-- in every call. On a cluster it has custom plans, because a generic one cannot tell which shard it is for, and writes moments
-- as other nodes read them, whatever the session's setting is.
CREATE OR REPLACE FUNCTION ledger.make_functions(app text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  app_role regrole := to_regrole(quote_ident('ledger_' || app));
  template record;
  is_cluster CONSTANT boolean := ledger.is_cluster();
  settings   CONSTANT text := CASE WHEN is_cluster THEN '''force_custom_plan'' SET datestyle TO ''ISO''' ELSE '''force_generic_plan''' END;
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
    EXECUTE replace(definition, quote_literal('force_generic_plan'), settings);
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

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.lock_shard(text[], text[], boolean);

-- Locks the accounts of one shard, as ledger.lock_accounts does. The statement names the owners once more, so that Citus
-- sends it to their shard. In another collation than the index has, this is no condition of the index.
CREATE OR REPLACE FUNCTION ledger.lock_shard(
  books text[], owner_ids text[], skip_busy boolean,
  OUT balances bigint[], OUT overdrafts bigint[], OUT helds bigint[], OUT expiries timestamptz[], OUT seqs bigint[],
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
             array_agg(a.holds_expire_on ORDER BY o.number), array_agg(a.seq ORDER BY o.number),
             array_agg(a.updated_on ORDER BY o.number), array_agg(a.head ORDER BY o.number), array_agg(a.state ORDER BY o.number)
        INTO balances, overdrafts, helds, expiries, seqs, updates, heads, states
        FROM unnest(books, owner_ids) WITH ORDINALITY o (book, owner_id, number) LEFT JOIN LATERAL (
          SELECT a.* FROM ledger.accounts a
           WHERE a.book = o.book AND a.owner_id = o.owner_id AND a.owner_id = ANY (owner_ids COLLATE "default")
             FOR NO KEY UPDATE SKIP LOCKED
        ) a ON true;
      EXIT WHEN made IS NOT NULL OR array_position(updates, NULL) IS NULL;
    ELSE
      SELECT array_agg(a.balance ORDER BY o.number), array_agg(a.overdraft ORDER BY o.number), array_agg(a.held ORDER BY o.number),
             array_agg(a.holds_expire_on ORDER BY o.number), array_agg(a.seq ORDER BY o.number),
             array_agg(a.updated_on ORDER BY o.number), array_agg(a.head ORDER BY o.number), array_agg(a.state ORDER BY o.number)
        INTO balances, overdrafts, helds, expiries, seqs, updates, heads, states
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
  OUT balances bigint[], OUT overdrafts bigint[], OUT helds bigint[], OUT expiries timestamptz[], OUT seqs bigint[],
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

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.set_aside(text, text, text, bigint, bigint, bigint, bigint, timestamp with time zone, text, bigint, text, jsonb, bigint, bigint, bigint, timestamp with time zone);

-- Carries out such a line after it was judged, and writes the account. The call has no unwritten entry of the account,
-- so that seq is the same as in its row.
CREATE OR REPLACE FUNCTION ledger.set_aside(
  app text, book text, owner_id text, seq bigint, balance bigint, INOUT overdraft bigint, INOUT held bigint, INOUT expiry timestamptz, state text,
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
    hold := ledger.make_hold(app, book, owner_id, operation, -amount, nonce, metadata, hold_ms, at);
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
  END IF;
  answer := json_build_object(
    'outcome', outcome, 'line', 0, 'details', hold, 'balance', ledger.balance_json(owner_id, balance, overdraft, held, state));
END $$;

-- Returns the anchored window of an operation for an owner that a moment is in, or that a posting at that moment begins. It
-- lasts an hour, 24 hours or 168 hours, whatever the session's time zone is.
CREATE OR REPLACE FUNCTION ledger.anchored_window(
  app text, book text, owner_id text, operation text, per text, at timestamptz, OUT began timestamptz, OUT ends timestamptz
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
  lasts CONSTANT interval := CASE per WHEN 'hour' THEN '1 hour' WHEN 'day' THEN '24 hours' WHEN 'week' THEN '168 hours' END;
BEGIN
  SELECT w.began INTO began FROM ledger.limit_windows w
   WHERE w.book = book AND w.owner_id = owner_id AND w.app = app AND w.operation = operation AND w.began > at - lasts;
  began := coalesce(began, at);
  ends := began + lasts;
END $$;

-- Notes that a posting begins an anchored window, unless it is in one that began before. Not by ON CONFLICT: the key has
-- another name in each shard.
CREATE OR REPLACE FUNCTION ledger.begin_window(
  app text, book text, owner_id text, operation text, per text, at timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  IF (ledger.anchored_window(app, book, owner_id, operation, per, at)).began < at THEN
    RETURN;
  END IF;
  UPDATE ledger.limit_windows w SET began = at
   WHERE w.book = book AND w.owner_id = owner_id AND w.app = app AND w.operation = operation;
  IF NOT FOUND THEN
    INSERT INTO ledger.limit_windows (app, book, owner_id, operation, began) VALUES (app, book, owner_id, operation, at);
  END IF;
END $$;

-- Returns why a line may not be posted to an account that is not open, or null when it may. sets: the state that the line
-- gives the account. is_release: whether the line only makes credits available again.
CREATE OR REPLACE FUNCTION ledger.judge_state(state text, sets text, amount bigint, is_release boolean) RETURNS text LANGUAGE sql IMMUTABLE
RETURN CASE
  WHEN state IS NULL OR is_release THEN NULL
  WHEN state = 'CLOSED' THEN CASE WHEN sets IS DISTINCT FROM 'OPEN' THEN 'account_closed' END
  WHEN sets IS NOT NULL THEN NULL
  WHEN state = 'FROZEN' OR amount < 0 THEN 'account_frozen'
END;

-- Whether an app has made a book.
CREATE OR REPLACE FUNCTION ledger.has_made(app text, book text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
BEGIN
  RETURN book = app OR EXISTS (SELECT FROM ledger.books b WHERE b.book = book AND b.app = app);
END $$;

-- Whether an amount would exceed the credits that an operation may move for the owner since a moment. What counts is as
-- for the limit of times. more: credits of uses that are not written yet.
CREATE OR REPLACE FUNCTION ledger.is_limit_exceeded_template(
  book text, owner_id text, operation text, credits bigint, since timestamptz, amount bigint, more numeric
) RETURNS boolean LANGUAGE plpgsql STABLE SET enable_sort = off AS $$
#variable_conflict use_variable
DECLARE
  app CONSTANT text := 'template';
  entry record;
  used numeric := abs(amount) + more + (
    SELECT coalesce(sum(h.amount), 0) FROM ledger.holds h
     WHERE h.book = book AND h.owner_id = owner_id AND h.app = app AND h.operation BETWEEN operation AND operation AND h.created_on >= since);
BEGIN
  -- The newest entries come first, as many as there are since then: a loop reads no others.
  FOR entry IN
    SELECT e.amount, e.created_on FROM ledger.entries_template e
     WHERE e.book = book AND e.owner_id = owner_id AND e.operation = operation
       AND num_nonnulls(e.reverses, e.refunds, e.hold_id) BETWEEN 0 AND 0
     ORDER BY num_nonnulls(e.reverses, e.refunds, e.hold_id) DESC, e.seq DESC
  LOOP
    EXIT WHEN used > credits OR entry.created_on < since;
    used := used + abs(entry.amount);
  END LOOP;
  RETURN used > credits;
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.judge_template(text, text, bigint, bigint, text, bigint, integer, text, bigint, bigint, bigint, bigint, text[], timestamp with time zone, bigint);

-- Returns why a line that is more than a plain entry may not be posted, or null when it may, if the balance allows it.
-- details: what the answer says about the refusal. kept: the credits that a captured hold sets aside, which its capture may take.
-- balance, held: of the account. more, more_credits: uses that are not written yet, and their credits.
CREATE OR REPLACE FUNCTION ledger.judge_template(
  book text, owner_id text, balance bigint, held bigint, operation text, amount bigint, limit_times integer, limit_credits bigint,
  limit_per text, limit_anchored boolean, reverses bigint, refunds bigint, captures bigint, new_overdraft bigint, sets text,
  overdraft bigint, retired text[], at timestamptz, more bigint, more_credits numeric,
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
      WHEN NOT ledger.has_made(app, book) THEN 'not_the_maker'
      WHEN balance - held + new_overdraft < 0 THEN 'overdraft_in_use'
      WHEN balance + new_overdraft > 9007199254740991 THEN 'balance_out_of_range'
    END;
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
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.lock_missing_account(text, text);

-- Locks an account that was missing a moment ago. Makes it unless another transaction was faster.
CREATE OR REPLACE FUNCTION ledger.lock_missing_account(book text, owner_id text) RETURNS TABLE (
  balance bigint, overdraft bigint, held bigint, holds_expire_on timestamptz, seq bigint, updated_on timestamptz, head bytea, state text, made boolean
) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  made := false;
  LOOP
    SELECT a.balance, a.overdraft, a.held, a.holds_expire_on, a.seq, a.updated_on, a.head, a.state
      INTO balance, overdraft, held, holds_expire_on, seq, updated_on, head, state
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
  OUT balances bigint[], OUT overdrafts bigint[], OUT helds bigint[], OUT expiries timestamptz[], OUT seqs bigint[],
  OUT updates timestamptz[], OUT heads bytea[], OUT states text[], OUT made integer[]
) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  missing integer[];
BEGIN
  IF NOT skip_busy THEN
    SELECT array_agg(coalesce(a.balance, m.balance)), array_agg(coalesce(a.overdraft, m.overdraft)),
           array_agg(coalesce(a.held, m.held)), array_agg(coalesce(a.holds_expire_on, m.holds_expire_on)),
           array_agg(coalesce(a.seq, m.seq)), array_agg(coalesce(a.updated_on, m.updated_on)),
           array_agg(coalesce(a.head, m.head)), array_agg(coalesce(a.state, m.state)), array_agg(o.number) FILTER (WHERE m.made)
      INTO balances, overdrafts, helds, expiries, seqs, updates, heads, states, made
      FROM unnest(books, owner_ids) WITH ORDINALITY o (book, owner_id, number) LEFT JOIN LATERAL (
        SELECT a.* FROM ledger.accounts a WHERE a.book = o.book AND a.owner_id = o.owner_id FOR NO KEY UPDATE
      ) a ON true LEFT JOIN LATERAL (
        SELECT m.* FROM ledger.lock_missing_account(o.book, o.owner_id) m WHERE a.seq IS NULL OFFSET 0
      ) m ON true;
    RETURN;
  END IF;

  LOOP
    SELECT array_agg(a.balance), array_agg(a.overdraft), array_agg(a.held), array_agg(a.holds_expire_on), array_agg(a.seq),
           array_agg(a.updated_on), array_agg(a.head), array_agg(a.state)
      INTO balances, overdrafts, helds, expiries, seqs, updates, heads, states
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

DROP FUNCTION ledger.save_shards(text[], text[], bigint[], bigint[], timestamp with time zone[], bigint[], timestamp with time zone[], bytea[], bigint[]);

-- Writes what entries have changed, as ledger.save_accounts does, shard by shard. Returns how many accounts it wrote.
CREATE OR REPLACE FUNCTION ledger.save_shards(
  books text[], owner_ids text[], balances bigint[], helds bigint[], expiries timestamptz[], seqs bigint[], updates timestamptz[],
  heads bytea[], states text[], seqs_read bigint[]
) RETURNS integer LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  owners text[];
  saved integer;
  total integer := 0;
BEGIN
  FOR owners IN SELECT s.owners FROM ledger.shards_of(owner_ids) s LOOP
    UPDATE ledger.accounts a
       SET balance = n.balance, held = n.held, holds_expire_on = n.expiry, seq = n.seq, updated_on = n.updated_on, head = n.head, state = n.state
      FROM unnest(books, owner_ids, balances, helds, expiries, seqs, updates, heads, states, seqs_read)
           n (book, owner_id, balance, held, expiry, seq, updated_on, head, state, seq_read)
     WHERE a.book = n.book AND a.owner_id = n.owner_id AND a.owner_id = ANY (owners COLLATE "default")
       AND a.seq = n.seq_read AND n.seq > n.seq_read;
    GET DIAGNOSTICS saved = ROW_COUNT;
    total := total + saved;
  END LOOP;
  RETURN total;
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.save_accounts(text[], text[], bigint[], bigint[], timestamp with time zone[], bigint[], timestamp with time zone[], bytea[], bigint[]);

-- Writes what entries have changed in accounts whose seq has risen since their rows were read. An account is found by
-- its key, and only with the seq that was read: on a cluster, a shard may have moved since, without its lock. Each
-- column is compared with a list of one value. Only an index answers that, so PostgreSQL looks each account up by its
-- key. A plan for equal columns that was made while there were few accounts would read all of them, and up to version 17
-- PostgreSQL reads the index to its end where rows are compared.
CREATE OR REPLACE FUNCTION ledger.save_accounts(
  books text[], owner_ids text[], balances bigint[], helds bigint[], expiries timestamptz[], seqs bigint[], updates timestamptz[],
  heads bytea[], states text[], seqs_read bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  saved integer;
BEGIN
  IF ledger.is_cluster() THEN
    saved := ledger.save_shards(books, owner_ids, balances, helds, expiries, seqs, updates, heads, states, seqs_read);
  ELSE
    UPDATE ledger.accounts a
       SET balance = n.balance, held = n.held, holds_expire_on = n.expiry, seq = n.seq, updated_on = n.updated_on, head = n.head, state = n.state
      FROM (
        SELECT n.* FROM unnest(books, owner_ids, balances, helds, expiries, seqs, updates, heads, states, seqs_read)
               n (book, owner_id, balance, held, expiry, seq, updated_on, head, state, seq_read)
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
  -- The accounts, as what is posted leaves them. updates: null for one that is busy. seqs_written: what the rows say.
  balances bigint[]; overdrafts bigint[]; helds bigint[]; expiries timestamptz[]; seqs bigint[]; updates timestamptz[];
  heads bytea[]; states text[]; made integer[]; seqs_written bigint[];
  -- What becomes of it, by request and by line.
  answers json[]; moments timestamptz[]; transactions uuid[]; -- moments: null where all are now
  ids bigint[]; entry_seqs bigint[]; balances_after bigint[]; hashes bytea[];
  overdrafts_after bigint[]; helds_after bigint[]; -- null: all are 0
  states_after text[];                             -- null: all are open
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
                limit_times, limit_credits, limit_pers, limit_anchored, reverses, refunds, captures, hold_ms, releases, new_overdrafts, new_states
    FROM json_to_record(requests) r (
      book text[], id uuid[], nonce text[], metadata text[], invalid boolean[], request integer[], account integer[], operation text[],
      amount bigint[], requested bigint[], limit_times integer[], limit_credits bigint[], limit_per text[],
      limit_anchored boolean[], reverses bigint[], refunds bigint[],
      captures bigint[], hold_ms bigint[], releases bigint[], overdraft bigint[], state text[]);
  IF cardinality(attempts) > 0 IS NOT TRUE OR greatest(
    array_ndims(books), array_ndims(attempts), array_ndims(nonces), array_ndims(metadata), array_ndims(invalid), array_ndims(requests_of),
    array_ndims(accounts), array_ndims(operations), array_ndims(amounts), array_ndims(requested), array_ndims(limit_times),
    array_ndims(limit_credits), array_ndims(limit_pers), array_ndims(limit_anchored), array_ndims(reverses), array_ndims(refunds), array_ndims(captures), array_ndims(hold_ms),
    array_ndims(releases), array_ndims(new_overdrafts), array_ndims(new_states)) > 1 THEN
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
  IF num_nonnulls(limit_pers, reverses, refunds, captures, hold_ms, releases, new_overdrafts, new_states) > 0 THEN
    SELECT array_agg(CASE WHEN l.things > 0 OR l.limit_per IS NOT NULL THEN true END ORDER BY l.line) AS special,
           bool_or(l.things > 1) AS is_several, bool_or(l.is_alone AND l.lines > 1) AS is_crowded
      INTO got
      FROM (
        SELECT l.line, l.limit_per, num_nonnulls(l.reverses, l.refunds, l.captures, l.hold_ms, l.releases, l.overdraft, l.state) AS things,
               num_nonnulls(l.refunds, l.captures, l.hold_ms, l.releases, l.overdraft, l.state) > 0 AS is_alone,
               count(*) OVER (PARTITION BY l.request) AS lines
          FROM unnest(requests_of, limit_pers, reverses, refunds, captures, hold_ms, releases, new_overdrafts, new_states)
               WITH ORDINALITY l (request, limit_per, reverses, refunds, captures, hold_ms, releases, overdraft, state, line)
      ) l;
    special := got.special;
    IF got.is_several THEN
      RAISE EXCEPTION 'a line does one thing: it corrects, captures, holds, releases, or sets an overdraft or a state'
        USING ERRCODE = 'invalid_parameter_value';
    ELSIF got.is_crowded THEN
      RAISE EXCEPTION 'a line that refunds, captures, holds, releases, or sets an overdraft or a state is alone in its transaction'
        USING ERRCODE = 'invalid_parameter_value';
    END IF;
  END IF;

  IF ledger.is_cluster() THEN
    SELECT * INTO balances, overdrafts, helds, expiries, seqs, updates, heads, states, made, replayed
      FROM ledger.lock_shards_template(owner_ids, books, skip_busy, nonces, requests_of, accounts);
  ELSE
    -- Lock the accounts.
    SELECT * INTO balances, overdrafts, helds, expiries, seqs, updates, heads, states, made FROM ledger.lock_accounts(books, owners, skip_busy);
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
              books[number], owners[number], helds[number], expiries[number], greatest(now, updates[number])), states[number]));
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
        ELSIF states[number] IS NOT NULL THEN
          refusal := ledger.judge_state(states[number], new_states[line], amounts[line], releases[line] IS NOT NULL);
        END IF;
        IF refusal IS NOT NULL THEN
          EXIT;
        ELSIF special[line] THEN
          SELECT * INTO refusal, details, kept FROM ledger.judge_template(
            books[number], owners[number], balances[number], helds[number], operations[line], amounts[line], limit_times[line],
            limit_credits[line], limit_pers[line], limit_anchored[line],
            reverses[line], refunds[line], captures[line], new_overdrafts[line], new_states[line], overdrafts[number], retired, at,
            (SELECT count(*) FROM generate_series(first, line - 1) n WHERE accounts[n] = number AND operations[n] = operations[line]),
            (SELECT coalesce(sum(abs(amounts[n])), 0) FROM generate_series(first, line - 1) n
              WHERE accounts[n] = number AND operations[n] = operations[line]));
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
            app, books[number], owners[number], seqs[number], balances[number], overdrafts[number], helds[number], expiries[number], states[number],
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
    PERFORM ledger.save_accounts(books, owner_ids, balances, helds, expiries, seqs, updates, heads, states, seqs_written);
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
                           'balances', balances_after, 'overdrafts', overdrafts_after, 'held', helds_after, 'states', states_after);
END $$;

REVOKE ALL ON FUNCTION ledger.post_template FROM PUBLIC;

-- Posts the usual request: one plain entry, without a limit. It posts the entry when the account exists and is free,
-- the nonce is new, the account is open, none of its holds has expired, and the balance allows it. Otherwise ledger.post_template
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
  balance bigint; overdraft bigint; held bigint; expiry timestamptz; seq bigint; at timestamptz; head bytea; state text;
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
    SELECT a.balance + amount, a.overdraft, a.held, a.holds_expire_on, a.seq + 1, a.updated_on, a.head, a.state
      INTO balance, overdraft, held, expiry, seq, at, head, state
      FROM ledger.accounts a WHERE a.book = book AND a.owner_id = owner_id FOR NO KEY UPDATE SKIP LOCKED;
  ELSE
    SELECT a.balance + amount, a.overdraft, a.held, a.holds_expire_on, a.seq + 1, a.updated_on, a.head, a.state
      INTO balance, overdraft, held, expiry, seq, at, head, state
      FROM ledger.accounts a WHERE a.book = book AND a.owner_id = owner_id FOR NO KEY UPDATE;
  END IF;
  -- The parent before its partition, as every migration does that changes which partitions there are.
  IF NOT ledger.is_cluster() AND NOT ledger.is_shard() THEN
    LOCK TABLE ONLY ledger.entries IN ROW EXCLUSIVE MODE;
  END IF;
  IF at < ledger.now() THEN
    at := date_trunc('milliseconds', ledger.now());
  END IF;
  IF state IS NULL AND (expiry IS NULL OR expiry > at) AND (amount >= 0 OR balance - held + overdraft >= 0) AND balance + overdraft <= 9007199254740991 THEN
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
  others text;
BEGIN
  SELECT concat_ws(' ', count(*), sum(a.balance), sum(a.held), sum(a.seq), sum(hashtext(a.book || a.owner_id || encode(a.head, 'hex'))))
    INTO accounts FROM ledger.accounts a;
  SELECT concat_ws(' ', count(*), sum(e.id), sum(e.amount), sum(hashtext(e.book || e.owner_id || encode(e.hash, 'hex'))))
    INTO entries FROM ledger.entries e;
  SELECT concat_ws(' ', count(*), sum(h.id), sum(h.amount), count(h.released_on), count(h.captured_by), sum(hashtext(h.app || h.book || h.owner_id || h.nonce)))
    INTO holds FROM ledger.holds h;
  SELECT concat_ws(' ', count(*), sum(extract(epoch FROM w.began))) INTO windows FROM ledger.limit_windows w;
  others := (SELECT count(*) FROM ledger.apps) || ' ' || (SELECT count(*) FROM ledger.books) || ' ' || (SELECT count(*) FROM ledger.keys);
  RETURN format('accounts %s, entries %s, holds %s, windows %s, apps, books and keys %s', accounts, entries, holds, windows, others);
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
    LOCK TABLE ONLY ledger.accounts, ledger.entries, ledger.holds, ledger.limit_windows, ledger.apps, ledger.books, ledger.keys IN EXCLUSIVE MODE;
    original := ledger.tally();
    PERFORM create_reference_table('ledger.apps');
    PERFORM create_reference_table('ledger.books');
    PERFORM create_reference_table('ledger.keys');
    PERFORM create_distributed_table('ledger.accounts', 'owner_id', colocate_with := 'none', shard_count := shards);
    PERFORM create_distributed_table('ledger.entries', 'owner_id', colocate_with := 'ledger.accounts');
    PERFORM create_distributed_table('ledger.holds', 'owner_id', colocate_with := 'ledger.accounts');
    PERFORM create_distributed_table('ledger.limit_windows', 'owner_id', colocate_with := 'ledger.accounts');
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
       FROM unnest('{ledger.accounts,ledger.entries,ledger.holds,ledger.limit_windows,ledger.apps,ledger.books,ledger.keys}'::text[]) moved;
    PERFORM set_config('session_replication_role', 'origin', true);
  END IF;
  RETURN size;
END $$;

REVOKE ALL ON FUNCTION ledger.remove_old_rows FROM PUBLIC;

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
    SELECT a.owner_id, a.balance, a.overdraft, a.held::bigint, a.holds_expire_on, a.state
      FROM ledger.accounts a WHERE a.book = book AND a.owner_id = ANY (owner_ids)
  LOOP
    -- A hold has expired since the account was written. One statement reads both: on a cluster, two statements may see the
    -- account before a posting and its holds after it.
    IF account.holds_expire_on <= now THEN
      SELECT a.owner_id, a.balance, a.overdraft, coalesce(sum(h.amount), 0)::bigint AS held, a.state INTO account
        FROM ledger.accounts a
        LEFT JOIN ledger.holds h ON h.book = a.book AND h.owner_id = a.owner_id AND h.expires_on > now AND h.released_on IS NULL
       WHERE a.book = book AND a.owner_id = account.owner_id
       GROUP BY a.owner_id, a.balance, a.overdraft, a.state;
    END IF;
    balances := array_append(balances, ledger.balance_json(account.owner_id, account.balance, account.overdraft, account.held, account.state));
  END LOOP;
  RETURN to_json(balances);
END $$;

-- Returns the version of the ledger's SQL in this database, and the oldest servers that it serves. A server has the version
-- in packages/ledger/src/database/version.ts. Every migration of the ledger raises the version. A migration that removes or
-- changes something that older servers use raises serves, too.
CREATE OR REPLACE FUNCTION ledger.version(OUT version integer, OUT serves integer) LANGUAGE sql IMMUTABLE AS $$
  SELECT 7, 1
$$;

REVOKE ALL ON FUNCTION ledger.version FROM PUBLIC;

-- Each app's copies of the templates.
SELECT ledger.make_functions(app) FROM ledger.apps;

-- The apps may call what is new.
SELECT ledger.grant_apps();
