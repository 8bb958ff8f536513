-- Functions, from prisma/functions.

-- Returns a page of an app's accounts as a JSON array: owners that begin with a prefix, after one owner and before
-- another (null: to the end), in the order of their bytes. backward: reads from the last owner on. EXECUTE plans it at
-- each call: only a plan that knows the prefix finds its owners in the index. An account and its holds are read by one
-- statement, which sees both at one moment.
CREATE OR REPLACE FUNCTION ledger.accounts_page(
  app text, prefix text, after text, before text, backward boolean, size integer
) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  account record;
  accounts json[] := '{}';
  now timestamptz := ledger.now();
BEGIN
  FOR account IN EXECUTE format('
    SELECT a.owner_id, a.balance, a.overdraft, a.seq, a.created_on, a.updated_on, CASE WHEN a.holds_expire_on <= $6 THEN (
             SELECT coalesce(sum(h.amount), 0)::bigint FROM ledger.holds h
              WHERE h.book = a.book AND h.owner_id = a.owner_id AND h.expires_on > $6 AND h.released_on IS NULL
           ) ELSE a.held END AS held
      FROM ledger.accounts a
     WHERE a.book = $1 AND a.owner_id ^@ $2 AND a.owner_id > $3 AND ($4 IS NULL OR a.owner_id < $4)
     ORDER BY a.owner_id %s LIMIT $5', CASE WHEN backward THEN 'DESC' ELSE 'ASC' END)
    USING app, prefix, after, before, size, now
  LOOP
    accounts := array_append(accounts, json_build_object(
      'balance', ledger.balance_json(account.owner_id, account.balance, account.overdraft, account.held),
      'entryCount', account.seq,
      'createdOn', ledger.epoch_ms(account.created_on),
      'updatedOn', ledger.epoch_ms(account.updated_on)));
  END LOOP;
  RETURN to_json(accounts);
END $$;

-- Whether a function is a copy for one shard. See ledger.make_shard_functions.
CREATE OR REPLACE FUNCTION ledger.is_shard() RETURNS boolean LANGUAGE sql IMMUTABLE RETURN false;

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
    'retired_operations', 'assert_declared'];
  shard record;
  template record;
  copy regprocedure;
  definition text;
BEGIN
  FOR shard IN
    SELECT s.shardid AS id, shard_name(s.logicalrelid, s.shardid) AS entries,
           jsonb_object_agg(c.relname, shard_name(c.oid, t.shardid)) AS tables
      FROM pg_dist_shard s
      JOIN pg_dist_shard t ON t.shardminvalue IS NOT DISTINCT FROM s.shardminvalue OR t.shardminvalue IS NULL
      JOIN pg_class c ON c.oid = t.logicalrelid
     WHERE s.logicalrelid = to_regclass('ledger.entries_' || app)
       AND c.relnamespace = 'ledger'::regnamespace AND c.relname IN ('accounts', 'apps', 'entries', 'holds')
     GROUP BY s.logicalrelid, s.shardid ORDER BY s.shardid
  LOOP
    FOR template IN
      SELECT pg_get_functiondef(p.oid) AS definition, regexp_replace(p.proname, '(_template)?$', '_' || shard.id) AS name,
             pg_get_function_identity_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result
        FROM pg_proc p WHERE p.pronamespace = 'ledger'::regnamespace AND p.proname = ANY (names)
    LOOP
      FOR copy IN
        SELECT p.oid FROM pg_proc p
         WHERE p.pronamespace = 'ledger'::regnamespace AND p.proname = template.name
           AND (pg_get_function_identity_arguments(p.oid) <> template.arguments OR pg_get_function_result(p.oid) <> template.result)
      LOOP
        EXECUTE format('DROP FUNCTION %s', copy);
      END LOOP;
      definition := regexp_replace(
        template.definition, '\mledger\.(' || array_to_string(names, '|') || ')\(', 'ledger.\1_' || shard.id || '(', 'g');
      definition := replace(definition, '_template_' || shard.id || '(', '_' || shard.id || '(');
      definition := replace(definition, 'ledger.entries_template', shard.entries);
      definition := regexp_replace(definition, '\mledger\.(\w+)_template\M', 'ledger.\1_' || app, 'g');
      definition := regexp_replace(definition, '\mledger\.accounts\M', shard.tables ->> 'accounts', 'g');
      definition := regexp_replace(definition, '\mledger\.apps\M', shard.tables ->> 'apps', 'g');
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
  copy regprocedure;
  is_cluster CONSTANT boolean := ledger.is_cluster();
  plan_mode  CONSTANT text := CASE WHEN is_cluster THEN 'force_custom_plan' ELSE 'force_generic_plan' END;
  definition text;
BEGIN
  PERFORM ledger.assert_app_name(app);
  FOR template IN
    SELECT p.oid, regexp_replace(p.proname, '_template$', '_' || app) AS name, p.proname ~ '^(post|append|try)_' AS is_entry,
           pg_get_function_identity_arguments(p.oid) AS arguments
      FROM pg_proc p
     WHERE p.pronamespace = 'ledger'::regnamespace AND p.proname ~ '_template$'
     ORDER BY p.oid
  LOOP
    FOR copy IN
      SELECT p.oid FROM pg_proc p
       WHERE p.pronamespace = 'ledger'::regnamespace AND p.proname = template.name
         AND (pg_get_function_identity_arguments(p.oid) <> template.arguments OR pg_get_function_result(p.oid) <> pg_get_function_result(template.oid))
    LOOP
      EXECUTE format('DROP FUNCTION %s', copy);
    END LOOP;
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
    RETURN NULL;
  END IF;
  SELECT min(o.shard) INTO shard
    FROM (SELECT get_shard_id_for_distribution_column(entries, o.owner_id) AS shard FROM unnest(owner_ids) o (owner_id)) o
  HAVING min(o.shard) = max(o.shard);
  IF shard IS NOT NULL THEN
    PERFORM lock_shard_metadata(SHARE_LOCK, ARRAY[shard]);
  END IF;
  RETURN (SELECT p.shardid FROM pg_dist_placement p, pg_dist_local_group g WHERE p.shardid = shard AND p.groupid = g.groupid);
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

-- Makes missing accounts, in the order of the list. Returns the accounts that it made. Another transaction may be
-- faster.
CREATE OR REPLACE FUNCTION ledger.make_accounts(book text, owner_ids text[]) RETURNS text[] LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  owner_id text;
  made text[];
BEGIN
  FOR owner_id IN
    INSERT INTO ledger.accounts AS a (book, owner_id, head, created_on, updated_on)
    SELECT $1, o.owner_id, ledger.chain_start($1, o.owner_id), moment.now, moment.now
      FROM unnest($2) WITH ORDINALITY o (owner_id, place), (SELECT date_trunc('milliseconds', ledger.now()) AS now) moment
     ORDER BY o.place
    ON CONFLICT DO NOTHING
    RETURNING a.owner_id
  LOOP
    made := array_append(made, owner_id);
  END LOOP;
  RETURN made;
END $$;

-- Does the same, but leaves out accounts that another transaction is making. PostgreSQL cannot skip these. The function
-- waits for all of them together as long as lock_timeout allows, and then for each by itself for an instant, to find
-- out which they are.
CREATE OR REPLACE FUNCTION ledger.make_free_accounts(book text, owner_ids text[]) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  owner_id text;
  made text[];
BEGIN
  BEGIN
    RETURN ledger.make_accounts(book, owner_ids);
  EXCEPTION WHEN lock_not_available THEN
    SET LOCAL lock_timeout = '5ms'; -- not by set_config, which other nodes of a cluster do not hear of
  END;
  FOREACH owner_id IN ARRAY owner_ids LOOP
    BEGIN
      made := made || ledger.make_accounts(book, ARRAY[owner_id]);
    EXCEPTION WHEN lock_not_available THEN
      CONTINUE;
    END;
  END LOOP;
  RETURN made;
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
  PERFORM ledger.assert_declared(app, operation);
  INSERT INTO ledger.holds AS h (id, app, book, owner_id, operation, amount, nonce, metadata, created_on, expires_on)
  VALUES (nextval('ledger.holds_id_seq'), app, book, owner_id, operation, amount, nonce, metadata, at, at + hold_ms * interval '1 millisecond')
  RETURNING h.id, h.created_on, h.expires_on INTO made;
  hold := ledger.hold_json(made.id, owner_id, operation, amount, nonce, metadata, made.created_on, made.expires_on, NULL, NULL, at);
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

-- Whether these are the ids of all entries of one transaction, each once. On a cluster it waits until no transaction is
-- half committed: otherwise it could take a half for the whole.
CREATE OR REPLACE FUNCTION ledger.is_whole_template(ids bigint[]) RETURNS boolean LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_variable
DECLARE
  transaction_id uuid;
BEGIN
  IF ledger.is_cluster() THEN
    PERFORM ledger.await_commits();
  END IF;
  SELECT e.transaction_id INTO transaction_id FROM ledger.entries_template e WHERE e.id = ids[1];
  RETURN coalesce(
    (SELECT array_agg(e.id ORDER BY e.id) FROM ledger.entries_template e WHERE e.transaction_id = transaction_id)
    = (SELECT array_agg(id ORDER BY id) FROM unnest(ids) id), false);
END $$;

-- Returns how many entries a transaction has. On a cluster it asks all shards, for what is committed.
CREATE OR REPLACE FUNCTION ledger.entries_everywhere_template(transaction_id uuid) RETURNS bigint LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_variable
BEGIN
  RETURN (SELECT count(*) FROM ledger.entries_template e WHERE e.transaction_id = transaction_id);
END $$;

-- Returns the answer to a request whose nonce this owner has used before: the original, and whether the request is
-- identical. Null when the owner has not used it.
-- own: whether the same attempt posted the original.
-- owner_ids, operations, requested, reverses, refunds, captures: of the request's lines. hold_ms: set when the request is for a hold.
-- balance: the owner's balance for the answer.
CREATE OR REPLACE FUNCTION ledger.replay_template(
  owner_id text, nonce text, attempt uuid, metadata jsonb, owner_ids text[], operations text[], requested bigint[],
  reverses bigint[], refunds bigint[], captures bigint[], hold_ms bigint, at timestamptz, balance json
) RETURNS json LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
  app  CONSTANT text := 'template';
  book CONSTANT text := 'template';
  original record;
  identical boolean;
BEGIN
  SELECT e.transaction_id,
         ledger.entry_json(e.id, e.owner_id, e.seq, e.operation, e.amount, e.balance_after, e.nonce, e.transaction_id,
                           e.metadata, e.created_on, e.reverses, e.refunds, e.hold_id) AS json
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
      'own', original.transaction_id = ledger.transaction_id(attempt, owner_ids[1], nonce), 'balance', balance);
  END IF;

  SELECT h.operation = operations[1] AND h.metadata = metadata AND h.amount = coalesce(-requested[1], h.amount)
         AND h.expires_on = h.created_on + hold_ms * interval '1 millisecond' AS identical,
         ledger.hold_json(h.id, h.owner_id, h.operation, h.amount, h.nonce, h.metadata, h.created_on, h.expires_on,
                          h.released_on, h.captured_by, at) AS json
    INTO original
    FROM ledger.holds h WHERE h.app = app AND h.book = book AND h.owner_id = owner_id AND h.nonce BETWEEN nonce AND nonce
   ORDER BY h.nonce LIMIT 1;
  IF FOUND THEN
    RETURN json_build_object(
      'outcome', 'duplicate', 'hold', original.json, 'identical', coalesce(original.identical, false), 'balance', balance);
  END IF;
  RETURN NULL;
END $$;

-- Writes what entries have changed in accounts whose seq has risen since their rows were read. An account is found by
-- its key, and only with the seq that was read: on a cluster, a shard may have moved since, without its lock. Each
-- column is compared with a list of one value. Only an index answers that, so PostgreSQL looks each account up by its
-- key. A plan for equal columns that was made while there were few accounts would read all of them, and up to version 17
-- PostgreSQL reads the index to its end where rows are compared.
CREATE OR REPLACE FUNCTION ledger.save_accounts(
  book text, owner_ids text[], balances bigint[], helds bigint[], expiries timestamptz[], seqs bigint[], updates timestamptz[],
  heads bytea[], seqs_read bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  saved integer;
BEGIN
  IF ledger.is_cluster() THEN
    saved := ledger.save_shards(book, owner_ids, balances, helds, expiries, seqs, updates, heads, seqs_read);
  ELSE
    UPDATE ledger.accounts a
       SET balance = n.balance, held = n.held, holds_expire_on = n.expiry, seq = n.seq, updated_on = n.updated_on, head = n.head
      FROM (
        SELECT book AS book, n.* FROM unnest(owner_ids, balances, helds, expiries, seqs, updates, heads, seqs_read)
               n (owner_id, balance, held, expiry, seq, updated_on, head, seq_read)
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
-- owner_ids: the different owners of all lines, in the order of their bytes.
-- parts: one number, how many these are.
-- requests: columns. A column without any value may be left out. For each request:
--     id        of the attempt, a UUIDv7. A second try after a lost answer is recognised by it.
--     nonce, metadata (JSON as text; left out when no request has any)
--     invalid   whether the app's rules refuse it, unless it was posted before
--   and for each line, one request after another:
--     request, account    the numbers of its request and of its owner, from 1
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
  app  CONSTANT text := 'template';
  book CONSTANT text := 'template';
  owners text[] := owner_ids; -- a variable's elements are found at once, a parameter's by counting
  -- What is asked for, by request and by line. special: null for a plain entry.
  attempts uuid[]; nonces text[]; metadata text[]; invalid boolean[];
  requests_of integer[]; accounts integer[]; operations text[]; amounts bigint[]; requested bigint[];
  limit_times integer[]; limit_pers text[]; reverses bigint[]; refunds bigint[]; captures bigint[];
  hold_ms bigint[]; releases bigint[]; new_overdrafts bigint[]; special boolean[];
  -- The accounts, as what is posted leaves them. updates: null for one that is busy. seqs_written: what the rows say.
  balances bigint[]; overdrafts bigint[]; helds bigint[]; expiries timestamptz[]; seqs bigint[]; updates timestamptz[];
  heads bytea[]; made text[]; seqs_written bigint[];
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
  size integer;
  done integer := 0;
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
  SELECT * INTO attempts, nonces, metadata, invalid, requests_of, accounts, operations, amounts, requested,
                limit_times, limit_pers, reverses, refunds, captures, hold_ms, releases, new_overdrafts
    FROM json_to_record(requests) r (
      id uuid[], nonce text[], metadata text[], invalid boolean[], request integer[], account integer[], operation text[],
      amount bigint[], requested bigint[], limit_times integer[], limit_per text[], reverses bigint[], refunds bigint[],
      captures bigint[], hold_ms bigint[], releases bigint[], overdraft bigint[]);
  IF cardinality(attempts) > 0 IS NOT TRUE OR greatest(
    array_ndims(attempts), array_ndims(nonces), array_ndims(metadata), array_ndims(invalid), array_ndims(requests_of),
    array_ndims(accounts), array_ndims(operations), array_ndims(amounts), array_ndims(requested), array_ndims(limit_times),
    array_ndims(limit_pers), array_ndims(reverses), array_ndims(refunds), array_ndims(captures), array_ndims(hold_ms),
    array_ndims(releases), array_ndims(new_overdrafts)) > 1 THEN
    RAISE EXCEPTION 'a call has requests, and each column is a list of values' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM ledger.assert_owners(owner_ids, parts, accounts);
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
      FROM ledger.lock_shards_template(owner_ids, skip_busy, nonces, requests_of, accounts);
  ELSE
    FOREACH size IN ARRAY parts LOOP
      -- Lock the accounts.
      SELECT * INTO got FROM ledger.lock_accounts(book, owners[done + 1:done + size], skip_busy);
      balances := balances || got.balances;
      overdrafts := overdrafts || got.overdrafts;
      helds := helds || got.helds;
      expiries := expiries || got.expiries;
      seqs := seqs || got.seqs;
      updates := updates || got.updates;
      heads := heads || got.heads;
      made := made || got.made;
      -- The parent before its partition, as every migration does that changes which partitions there are. Citus lets nobody
      -- lock a shard's tables.
      IF NOT ledger.is_shard() THEN
        LOCK TABLE ONLY ledger.entries IN ROW EXCLUSIVE MODE;
      END IF;

      -- Look the nonces up: as a range, in the order of the index that has them. To the planner any index that begins with the
      -- owner is as good for an equal one, and then all entries of the owner are read. Not by EXISTS, which it may answer by
      -- looking at all holds.
      replayed := replayed || (
        SELECT array_agg(l.request)
          FROM (SELECT l.request, owners[l.account] AS owner_id, nonces[l.request] AS nonce
                  FROM unnest(requests_of, accounts) l (request, account)
                 WHERE l.account BETWEEN done + 1 AND done + size OFFSET 0) l
         WHERE l.nonce IN (
           (SELECT e.nonce FROM ledger.entries_template e
             WHERE e.book = book AND e.owner_id = l.owner_id AND e.nonce BETWEEN l.nonce AND l.nonce ORDER BY e.nonce LIMIT 1),
           (SELECT h.nonce FROM ledger.holds h
             WHERE h.app = app AND h.book = book AND h.owner_id = l.owner_id AND h.nonce BETWEEN l.nonce AND l.nonce ORDER BY h.nonce LIMIT 1)));
      done := done + size;
    END LOOP;
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
            owners[number], nonces[request], attempts[request], coalesce(metadata[request], '{}')::jsonb,
            (SELECT array_agg(owners[n] ORDER BY place) FROM unnest(accounts[first:last]) WITH ORDINALITY l (n, place)),
            operations[first:last], requested[first:last], reverses[first:last], refunds[first:last], captures[first:last],
            hold_ms[first], greatest(now, updates[number]),
            ledger.balance_json(owners[number], balances[number], overdrafts[number], ledger.held_at(
              book, owners[number], helds[number], expiries[number], greatest(now, updates[number]))));
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
          SELECT l.held, l.expire_on INTO got FROM ledger.live_holds(book, owners[number], at) l;
          helds[number] := got.held;
          expiries[number] := got.expire_on;
        END IF;

        -- Judge.
        available := balances[number] - helds[number] + overdrafts[number];
        IF invalid[request] THEN
          refusal := 'invalid';
        ELSIF special[line] THEN
          SELECT * INTO refusal, details, kept FROM ledger.judge_template(
            owners[number], balances[number], helds[number], operations[line], amounts[line], limit_times[line], limit_pers[line],
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
            app, book, owners[number], seqs[number], balances[number], overdrafts[number], helds[number], expiries[number],
            operations[line], amounts[line], nonces[request], coalesce(metadata[request], '{}')::jsonb, hold_ms[line], releases[line],
            new_overdrafts[line], at);
          overdrafts[number] := got.overdraft;
          helds[number] := got.held;
          expiries[number] := got.expiry;
          answers[request] := got.answer;
          IF helds[number] + overdrafts[number] > 0 THEN
            made := array_remove(made, owners[number]); -- it is in use, whatever a later line leaves of it
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
            PERFORM ledger.capture_hold(app, book, owners[number], captures[line], ids[line], at);
            SELECT l.held, l.expire_on INTO got FROM ledger.live_holds(book, owners[number], at) l;
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
        transactions[request] := ledger.transaction_id(attempts[request], owners[accounts[first]], nonces[request]);
        -- Chain.
        FOR line IN first..last LOOP
          CONTINUE WHEN ids[line] IS NULL;
          number := accounts[line];
          heads[number] := ledger.next_hash(heads[number], ledger.entry_form(
            app, book, owners[number], entry_seqs[line], ids[line], operations[line], amounts[line], balances_after[line],
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
            book, owners[number], helds[number], expiries[number], at)));
        refusal := NULL;
        details := NULL;
      END IF;
    END LOOP;

    -- Write.
    INSERT INTO ledger.entries_template (
      app, book, owner_id, seq, id, operation, amount, balance_after, nonce, place, transaction_id, metadata, created_on,
      reverses, refunds, hold_id, hash)
    SELECT app, book, owners[l.account], l.seq, l.id, l.operation, l.amount, l.balance_after, nonces[l.request],
           coalesce(l.place, 1), transactions[l.request], coalesce(metadata[l.request], '{}')::jsonb, coalesce(moments[l.request], now),
           l.reverses, l.refunds, l.captures, l.hash
      FROM unnest(requests_of, accounts, operations, amounts, reverses, refunds, captures, ids, entry_seqs, entry_places, balances_after, hashes)
           WITH ORDINALITY l (request, account, operation, amount, reverses, refunds, captures, id, seq, place, balance_after, hash, line)
     WHERE l.id IS NOT NULL AND l.line >= unwritten;
    PERFORM ledger.save_accounts(book, owner_ids, balances, helds, expiries, seqs, updates, heads, seqs_written);
    EXIT WHEN request = cardinality(attempts);
    unwritten := last + 1;
    seqs_written := seqs;
  END LOOP;

  IF last IS DISTINCT FROM cardinality(accounts) THEN
    RAISE EXCEPTION 'the lines of a call come one request after another: % of % do', last, cardinality(accounts)
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF made IS NOT NULL THEN
    PERFORM ledger.remove_unused_accounts(book, made);
  END IF;
  RETURN json_build_object('answers', answers, 'now', now, 'moments', moments, 'transactions', transactions, 'ids', ids, 'seqs', entry_seqs,
                           'balances', balances_after, 'overdrafts', overdrafts_after, 'held', helds_after);
END $$;

REVOKE ALL ON FUNCTION ledger.post_template FROM PUBLIC;

-- Posts the usual request: one plain entry, without a limit. It posts the entry when the account exists and is free,
-- the nonce is new, no hold of the account has expired, and the balance allows it. Otherwise ledger.post_template
-- decides, under the same lock and before anything is written, so that only one function judges. Returns {now,
-- transaction, id, seq, balance, overdraft, held} for the entry, or what ledger.post_template returns.
CREATE OR REPLACE FUNCTION ledger.append_template(
  owner_id text, attempt uuid, nonce text, metadata text, operation text, amount bigint, requested bigint,
  skip_busy boolean DEFAULT false, lock_ms integer DEFAULT NULL
) RETURNS json LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_variable
DECLARE
  app  CONSTANT text := 'template';
  book CONSTANT text := 'template';
  balance bigint; overdraft bigint; held bigint; expiry timestamptz; seq bigint; at timestamptz; head bytea;
  entry_id bigint;
  transaction_id uuid;
  shard bigint;
  answer json;
BEGIN
  IF lock_ms IS NOT NULL THEN
    PERFORM set_config('lock_timeout', lock_ms::text, true);
  END IF;
  IF ledger.is_cluster() THEN
    shard := ledger.own_shard(app, ARRAY[owner_id]);
    IF shard IS NOT NULL THEN
      EXECUTE format('SELECT ledger.append_%s($1, $2, $3, $4, $5, $6, $7, $8)', shard)
         INTO answer USING owner_id, attempt, nonce, metadata, operation, amount, requested, skip_busy;
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
    transaction_id := ledger.transaction_id(attempt, owner_id, nonce);
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
    'id', ARRAY[attempt], 'nonce', ARRAY[nonce], 'metadata', ARRAY[metadata], 'request', ARRAY[1], 'account', ARRAY[1],
    'operation', ARRAY[operation], 'amount', ARRAY[amount], 'requested', ARRAY[requested]), skip_busy, lock_ms);
END $$;

REVOKE ALL ON FUNCTION ledger.append_template FROM PUBLIC;

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
  others := (SELECT count(*) FROM ledger.apps) || ' ' || (SELECT count(*) FROM ledger.keys);
  RETURN format('accounts %s, entries %s, holds %s, apps and keys %s', accounts, entries, holds, others);
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
    LOCK TABLE ONLY ledger.accounts, ledger.entries, ledger.holds, ledger.apps, ledger.keys IN EXCLUSIVE MODE;
    original := ledger.tally();
    PERFORM create_reference_table('ledger.apps');
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
       FROM unnest('{ledger.accounts,ledger.entries,ledger.holds,ledger.apps,ledger.keys}'::text[]) moved;
    PERFORM set_config('session_replication_role', 'origin', true);
  END IF;
  RETURN size;
END $$;

REVOKE ALL ON FUNCTION ledger.remove_old_rows FROM PUBLIC;

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

-- Returns the first entry of each owner's nonce. The owners are named once more, so that a cluster asks their shards
-- alone. In another collation than the index has, this is no condition of the index.
CREATE OR REPLACE FUNCTION ledger.entries_by_nonce(app text, owner_ids text[], nonces text[]) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  found json;
BEGIN
  EXECUTE '
    SELECT json_agg(ledger.entry_json(e.id, e.owner_id, e.seq, e.operation, e.amount, e.balance_after, e.nonce, e.transaction_id,
                            e.metadata, e.created_on, e.reverses, e.refunds, e.hold_id))
      FROM unnest($2, $3) key (owner_id, nonce)
      JOIN ledger.entries e ON e.app = $1 AND e.book = $1 AND e.owner_id = key.owner_id AND e.nonce = key.nonce AND e.place = 1
     WHERE e.owner_id = ANY ($2 COLLATE "default")'
    INTO found USING app, owner_ids, nonces;
  RETURN found;
END $$;

-- Returns the seq of an owner's last entry up to a moment, or 0 before the first. created_on never decreases along seq,
-- so a binary search finds it. On a cluster, the owner's node does all of its steps. Each asks in the order of the index
-- on seq: to the planner any index that begins with the owner is as good for an equal one. OFFSET 0: asks once a step.
CREATE OR REPLACE FUNCTION ledger.seq_at(app text, owner_id text, moment timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  found bigint;
BEGIN
  EXECUTE '
    WITH RECURSIVE search (low, high) AS (
      SELECT 0::bigint, a.seq::bigint FROM ledger.accounts a WHERE a.book = $1 AND a.owner_id = $2
      UNION ALL
      SELECT CASE WHEN is_later THEN low ELSE middle END, CASE WHEN is_later THEN middle - 1 ELSE high END
        FROM (
          SELECT low, high, middle, (
                   SELECT e.created_on > $3 FROM ledger.entries e
                    WHERE e.app = $1 AND e.book = $1 AND e.owner_id = $2 AND e.seq >= middle ORDER BY e.seq LIMIT 1
                 ) AS is_later
            FROM (SELECT low, high, (low + high + 1) / 2 AS middle FROM search WHERE low < high) step OFFSET 0
        ) judged
    )
    SELECT low FROM search WHERE low = high'
    INTO found USING app, owner_id, moment;
  RETURN coalesce(found, 0);
END $$;

-- Notes that keys are used now, to the minute. It waits for nobody: a key that somebody changes at this moment is left
-- out. On a cluster, where each change locks the whole table, all are left out meanwhile.
CREATE OR REPLACE FUNCTION ledger.touch_keys(app text, ids text[]) RETURNS void LANGUAGE plpgsql VOLATILE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  minute timestamptz := date_trunc('minute', ledger.now());
BEGIN
  PERFORM ledger.assert_may_use(app);
  IF ledger.is_cluster() THEN
    PERFORM ledger.limit_waits(50);
  END IF;
  UPDATE ledger.keys k SET last_used_on = minute
   WHERE k.app = $1 AND k.id IN (
     SELECT other.id FROM ledger.keys other
      WHERE other.app = $1 AND other.id = ANY ($2) AND coalesce(other.last_used_on < minute, true)
        FOR NO KEY UPDATE SKIP LOCKED
   );
EXCEPTION WHEN lock_not_available THEN
  NULL;
END $$;

REVOKE ALL ON FUNCTION ledger.touch_keys FROM PUBLIC;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.try_template(text, text[], integer[], json);

-- A dry run: posts, then undoes it. It returns the answers of ledger.post_<app>. The ids that it took are not used
-- again.
CREATE OR REPLACE FUNCTION ledger.try_template(
  key text, owner_ids text[], parts integer[], requests json, lock_ms integer DEFAULT NULL
) RETURNS json LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  answer json;
BEGIN
  answer := ledger.post_template(key, owner_ids, parts, requests, false, lock_ms);
  RAISE EXCEPTION USING ERRCODE = 'LDRUN';
EXCEPTION WHEN SQLSTATE 'LDRUN' THEN
  RETURN answer;
END $$;

REVOKE ALL ON FUNCTION ledger.try_template FROM PUBLIC;

-- Returns the balances of owners as a JSON array in any order, without unknown owners. EXECUTE plans it at each call:
-- on PostgreSQL 15, a plan that was made while there were few accounts may read all of them.
CREATE OR REPLACE FUNCTION ledger.balances(app text, owner_ids text[]) RETURNS json LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off AS $$
#variable_conflict use_variable
DECLARE
  account record;
  balances json[] := '{}';
  now timestamptz := ledger.now();
BEGIN
  FOR account IN
    SELECT a.owner_id, a.balance, a.overdraft, a.held::bigint, a.holds_expire_on
      FROM ledger.accounts a WHERE a.book = app AND a.owner_id = ANY (owner_ids)
  LOOP
    -- A hold has expired since the account was written. One statement reads both: on a cluster, two statements may see the
    -- account before a posting and its holds after it.
    IF account.holds_expire_on <= now THEN
      SELECT a.owner_id, a.balance, a.overdraft, coalesce(sum(h.amount), 0)::bigint AS held INTO account
        FROM ledger.accounts a
        LEFT JOIN ledger.holds h ON h.book = a.book AND h.owner_id = a.owner_id AND h.expires_on > now AND h.released_on IS NULL
       WHERE a.book = app AND a.owner_id = account.owner_id
       GROUP BY a.owner_id, a.balance, a.overdraft;
    END IF;
    balances := array_append(balances, ledger.balance_json(account.owner_id, account.balance, account.overdraft, account.held));
  END LOOP;
  RETURN to_json(balances);
END $$;

-- Returns the version of the ledger's SQL in this database, and the oldest servers that it serves. A server has the version
-- in packages/ledger/src/database/version.ts. Every migration of the ledger raises the version. A migration that removes or
-- changes something that older servers use raises serves, too.
CREATE OR REPLACE FUNCTION ledger.version(OUT version integer, OUT serves integer) LANGUAGE sql IMMUTABLE AS $$
  SELECT 4, 1
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
  EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.version, ledger.may_use, ledger.now, ledger.epoch_ms, ledger.entry_json,
    ledger.hold_json, ledger.balance_json, ledger.live_holds, ledger.held_at, ledger.seq_at, ledger.balances, ledger.amounts_at,
    ledger.entries_by_id, ledger.entries_by_transaction, ledger.entries_by_nonce, ledger.holds_by_id, ledger.live_holds_of,
    ledger.accounts_page, ledger.summary TO %I', app_role);
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

-- The apps may call what is new.
SELECT ledger.grant_apps();
