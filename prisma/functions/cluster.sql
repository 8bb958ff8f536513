-- What differs where the ledger is on a Citus cluster: accounts, entries and holds are in shards by owner, and a
-- statement goes to a shard as it is where it names that shard's owners alone. The shards come in one order in all
-- calls, and the owners of a shard in the order of their bytes, so that no two calls wait for each other.

-- Whether this database has Citus. Its statements then run on tables that are not distributed yet, too.
CREATE OR REPLACE FUNCTION ledger.is_cluster() RETURNS boolean LANGUAGE sql STABLE
RETURN to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL;

-- Whether the ledger's tables are distributed.
CREATE OR REPLACE FUNCTION ledger.is_distributed() RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF ledger.is_cluster() THEN
    RETURN EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = 'ledger.accounts'::regclass);
  END IF;
  RETURN false;
END $$;

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
  SELECT concat_ws(' ', count(*), sum(h.id), sum(h.amount), sum(h.captured), count(h.released_on), count(h.captured_by), sum(hashtext(h.app || h.book || h.owner_id || h.nonce)))
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

-- Lets the functions of an app that post run on the node of the first owner's account.
CREATE OR REPLACE FUNCTION ledger.distribute_functions(app text) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  PERFORM create_distributed_function(p.oid::regprocedure, p.proargnames[1], colocate_with := 'ledger.accounts')
     FROM pg_proc p
    WHERE p.pronamespace = 'ledger'::regnamespace AND p.proname IN ('post_' || app, 'try_' || app, 'append_' || app);
END $$;

REVOKE ALL ON FUNCTION ledger.distribute_functions FROM PUBLIC;

-- Whether a function is a copy for one shard. See ledger.make_shard_functions.
CREATE OR REPLACE FUNCTION ledger.is_shard() RETURNS boolean LANGUAGE sql IMMUTABLE RETURN false;

-- Returns the shard of an app's entries that has all of these owners, if it is on this node: then ledger.post_<shard>
-- and ledger.append_<shard> can post to its tables themselves. Otherwise returns null.
-- Before a shard moves away, Citus locks what is known of it, and of those of the same owners, on all nodes. The lock
-- here holds that up until the transaction ends, as it does for Citus's own statements. Where the shard is, is read after
-- the lock. So the tables stay the shard's as long as the transaction writes them.
CREATE OR REPLACE FUNCTION ledger.own_shard(app text, owner_ids text[]) RETURNS bigint LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_variable
DECLARE
  SHARE_LOCK CONSTANT integer := 5;
  entries regclass := to_regclass('ledger.entries_' || app);
  shard bigint;
BEGIN
  IF NOT ledger.is_distributed() THEN
    -- While ledger.distribute is at work, the call waits for its end. From here on, another distribution waits for the call.
    LOCK TABLE ONLY ledger.accounts IN ROW EXCLUSIVE MODE;
    IF NOT ledger.is_distributed() THEN
      RETURN NULL;
    END IF;
  END IF;
  SELECT min(o.shard) INTO shard
    FROM (SELECT get_shard_id_for_distribution_column(entries, o.owner_id) AS shard FROM unnest(owner_ids) o (owner_id)) o
  HAVING min(o.shard) = max(o.shard);
  IF shard IS NOT NULL THEN
    PERFORM lock_shard_metadata(SHARE_LOCK, ARRAY[shard]);
  END IF;
  RETURN (SELECT p.shardid FROM pg_dist_placement p, pg_dist_local_group g WHERE p.shardid = shard AND p.groupid = g.groupid);
END $$;

-- Makes the functions that post to one shard of an app, for each shard: copies of those for one PostgreSQL, which name
-- the shard's tables in place of the ledger's. Citus need not plan their statements, so that they cost as on one
-- PostgreSQL. Every node has those of all shards. A function that asks all shards has no copy.
CREATE OR REPLACE FUNCTION ledger.make_shard_functions(app text) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  names CONSTANT text[] := ARRAY[
    'post_template', 'append_template', 'replay_template', 'judge_template', 'judge_correction_template',
    'is_limit_reached_template', 'is_limit_exceeded_template', 'anchored_window', 'begin_window', 'hold_refusal', 'lock_accounts', 'lock_missing_account', 'make_accounts', 'make_free_accounts',
    'remove_unused_accounts', 'save_accounts', 'live_holds', 'held_at', 'set_aside', 'make_hold', 'release_hold', 'prolong_hold', 'capture_hold',
    'retired_operations', 'assert_declared', 'assert_books', 'has_made',
    'judge_void', 'make_lot', 'use_lot', 'reserve_lots', 'trim_reservations', 'open_lots', 'take_lots', 'fill_lots', 'move_lots', 'lapsing', 'unreserved', 'settle_lots'];
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

-- Returns the shards of the accounts: the hashes of the owners in it, and its node.
CREATE OR REPLACE FUNCTION ledger.shards() RETURNS TABLE (shard bigint, low integer, high integer, host text, port integer) LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY
    SELECT s.shardid, s.shardminvalue::integer, s.shardmaxvalue::integer, n.nodename, n.nodeport
      FROM pg_dist_shard s JOIN pg_dist_placement p USING (shardid) JOIN pg_dist_node n USING (groupid)
     WHERE s.logicalrelid = 'ledger.accounts'::regclass AND n.noderole = 'primary'
     ORDER BY s.shardminvalue::integer;
END $$;

-- Returns for each shard of the accounts the lowest hash of an owner in it, and the number of its node, as
-- pg_dist_local_group has it on that node. None when the ledger is not distributed.
CREATE OR REPLACE FUNCTION ledger.shard_nodes() RETURNS TABLE (low integer, node integer) LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF ledger.is_distributed() THEN
    RETURN QUERY
      SELECT s.shardminvalue::integer, p.groupid
        FROM pg_dist_shard s JOIN pg_dist_placement p USING (shardid)
       WHERE s.logicalrelid = 'ledger.accounts'::regclass
       ORDER BY s.shardminvalue::integer;
  END IF;
END $$;

REVOKE ALL ON FUNCTION ledger.shard_nodes FROM PUBLIC;

-- Returns the owners of each shard, and their numbers in the list.
CREATE OR REPLACE FUNCTION ledger.shards_of(owner_ids text[]) RETURNS TABLE (owners text[], numbers integer[]) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
  IF NOT ledger.is_distributed() THEN
    RETURN QUERY SELECT $1, ARRAY(SELECT generate_series(1, cardinality($1)));
    RETURN;
  END IF;
  RETURN QUERY
    SELECT array_agg(o.owner_id ORDER BY o.number), array_agg(o.number::integer ORDER BY o.number)
      FROM (SELECT o.owner_id, o.number, get_shard_id_for_distribution_column('ledger.accounts', o.owner_id) AS shard
              FROM unnest($1) WITH ORDINALITY o (owner_id, number)) o
     GROUP BY o.shard ORDER BY o.shard;
END $$;

-- Lets the transaction wait for a lock lock_ms, or where that is null as long as the session's setting says, on every
-- node. A session's settings are not those of its sessions on other nodes: Citus repeats SET LOCAL there.
CREATE OR REPLACE FUNCTION ledger.limit_waits(lock_ms integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  wanted CONSTANT text := coalesce(lock_ms || 'ms', current_setting('lock_timeout'));
BEGIN
  IF current_setting('ledger.told_lock_timeout', true) IS DISTINCT FROM wanted THEN
    PERFORM set_config('ledger.told_lock_timeout', wanted, true), set_config('citus.propagate_set_commands', 'local', true);
    EXECUTE format('SET LOCAL lock_timeout = %L', wanted);
  END IF;
END $$;

-- Returns the names of the transactions that the nodes have prepared, and not ended yet.
CREATE OR REPLACE FUNCTION ledger.prepared_transactions() RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  node record;
  prepared text[] := '{}';
BEGIN
  FOR node IN
    SELECT success, result FROM run_command_on_all_nodes($command$
      SELECT coalesce(array_agg(gid), '{}') FROM pg_prepared_xacts WHERE database = current_database() AND gid LIKE 'citus\_%'
    $command$)
  LOOP
    IF NOT node.success THEN
      RAISE EXCEPTION 'a node of the cluster has not answered: %', node.result USING ERRCODE = 'connection_failure';
    END IF;
    prepared := prepared || node.result::text[];
  END LOOP;
  RETURN prepared;
END $$;

-- Waits until every transaction that the nodes have prepared by now has ended on all of them. Until then some nodes show
-- what it did, and others do not. It waits as long as for a lock.
CREATE OR REPLACE FUNCTION ledger.await_commits() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  give_up CONSTANT timestamptz := clock_timestamp() + current_setting('lock_timeout')::interval;
  pending text[] := ledger.prepared_transactions();
  still text[];
BEGIN
  WHILE pending <> '{}' LOOP
    IF clock_timestamp() > give_up THEN
      RAISE EXCEPTION 'transactions are half committed: %', pending USING ERRCODE = 'lock_not_available';
    END IF;
    PERFORM pg_sleep(0.02);
    still := ledger.prepared_transactions();
    pending := ARRAY(SELECT gid FROM unnest(pending) gid WHERE gid = ANY (still));
  END LOOP;
END $$;

REVOKE ALL ON FUNCTION ledger.await_commits FROM PUBLIC;

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
