-- Functions, from prisma/functions.

-- Refuses a name that no app can have, since the name of an app is a part of others: of its schema, partition and copies.
-- make_functions says of each copy whose it is, so that no other function is taken for one.
CREATE OR REPLACE FUNCTION ledger.assert_app_name(app text) RETURNS void LANGUAGE plpgsql STABLE AS $$
DECLARE
  templates text[] := ARRAY(SELECT regexp_replace(p.proname, '_template$', '') FROM pg_proc p
    WHERE p.pronamespace = 'ledger'::regnamespace AND p.proname ~ '_template$');
  reason text;
BEGIN
  IF app IN ('ledger', 'public', 'information_schema') OR app ~ '^pg_' THEN
    reason := format('the schema %I is not for an app', app);
  ELSIF app ~ '^(.*_)?template$' THEN
    reason := 'its functions would be templates of those of all apps';
  ELSE
    -- judge_correction_games is the copy of judge_correction for games, and would be the one of judge for correction_games.
    SELECT format('its function ledger.%s_%s could be that of another app', short, app) INTO reason
      FROM unnest(templates) short, unnest(templates) long
     WHERE starts_with(long, short || '_') AND starts_with(short || '_' || app, long || '_');
    IF reason IS NULL THEN
      SELECT format('there is another function ledger.%s', p.proname) INTO reason
        FROM unnest(templates) template
        JOIN pg_proc p ON p.pronamespace = 'ledger'::regnamespace AND p.proname = template || '_' || app
       WHERE obj_description(p.oid, 'pg_proc') IS DISTINCT FROM 'A copy for the app ' || app;
    END IF;
  END IF;
  IF reason IS NOT NULL THEN
    RAISE EXCEPTION 'no app can be called %: %', app, reason
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the app another name.';
  END IF;
END $$;

REVOKE ALL ON FUNCTION ledger.assert_app_name FROM PUBLIC;

-- Makes an app's copies of the templates, and lets the app's role call those that post, where it has rights in this
-- database: roles belong to all databases of a server. Run by ledger.set_operations, and by every migration that changes a
-- template.
CREATE OR REPLACE FUNCTION ledger.make_functions(app text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  app_role regrole := to_regrole(quote_ident('ledger_' || app));
  template record;
  copy regprocedure;
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
    EXECUTE replace(regexp_replace(pg_get_functiondef(template.oid), '\mledger\.(\w+)_template\M', 'ledger.\1_' || app, 'g'),
      quote_literal('template'), quote_literal(app));
    EXECUTE format('COMMENT ON FUNCTION ledger.%I IS %L', template.name, 'A copy for the app ' || app);
    EXECUTE format('REVOKE ALL ON FUNCTION ledger.%I FROM PUBLIC', template.name);
    IF template.is_entry AND has_schema_privilege(app_role, 'ledger', 'USAGE') THEN
      EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.%I TO %s', template.name, app_role);
    END IF;
  END LOOP;
END $$;

REVOKE ALL ON FUNCTION ledger.make_functions FROM PUBLIC;

-- Declares all operations of an app, and which of them are retired, in a migration of that app. The first call makes the
-- app's partition. Refused: a name that no app can have, a list that lacks a shared operation or retires one, and one that
-- drops an operation which entries or holds have.
-- Locks the app's own partition alone: ATTACH lets every other app post on.
CREATE OR REPLACE FUNCTION ledger.set_operations(app text, operations text[], retired text[] DEFAULT '{}') RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '10s' AS $$
#variable_conflict use_column
DECLARE
  declared ALIAS FOR $2;
  retiring ALIAS FOR $3;
  partition_name text := 'entries_' || $1;
  check_name text := partition_name || '_operations';
  before text[];
  faulty text[];
  dropped text;
  declared_once text[];
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

  INSERT INTO ledger.apps (app, operations) VALUES ($1, '{}') ON CONFLICT DO NOTHING;
  SELECT a.operations INTO before FROM ledger.apps a WHERE a.app = $1 FOR UPDATE;

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
  EXECUTE format('ALTER TABLE ledger.%I ADD CONSTRAINT %I CHECK (operation = ANY (%L::text[])) NOT VALID',
    partition_name, check_name, declared);

  FOREACH dropped IN ARRAY before LOOP
    CONTINUE WHEN dropped = ANY (declared);
    PERFORM 1 FROM ledger.entries e WHERE e.app = $1 AND e.operation = dropped LIMIT 1;
    IF NOT FOUND THEN
      PERFORM 1 FROM ledger.holds h WHERE h.app = $1 AND h.operation = dropped LIMIT 1;
    END IF;
    IF FOUND THEN
      faulty := array_append(faulty, dropped);
    END IF;
  END LOOP;
  IF faulty IS NOT NULL THEN
    RAISE EXCEPTION 'app % has entries or holds of the operations that the list drops: %', $1, array_to_string(faulty, ', ')
      USING ERRCODE = 'restrict_violation', HINT = 'An operation that was used stays declared. To stop its postings, retire it: retired: true in operations.ts.';
  END IF;

  declared_once := (SELECT array_agg(o ORDER BY first) FROM (SELECT o, min(i) first FROM unnest(declared) WITH ORDINALITY d (o, i) GROUP BY o) distinct_operations);
  now := date_trunc('milliseconds', ledger.now());
  UPDATE ledger.apps a SET retired = retiring, operations = declared_once, updated_on = now WHERE a.app = $1;
END $$;

REVOKE ALL ON FUNCTION ledger.set_operations FROM PUBLIC;

-- Lets the role ledger_<app>, which must exist, read and post in the name of that app, and of no other, and use the
-- tables of the app's own schema. What it or PUBLIC was granted in schema ledger beyond that is taken away, so that each
-- call leaves the same. Run by npm start and npm run provision, and after each migration where the role has rights.
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
  EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.may_use, ledger.now, ledger.epoch_ms, ledger.entry_json, ledger.hold_json,
    ledger.balance_json, ledger.live_holds, ledger.held_at, ledger.seq_at, ledger.balances, ledger.amounts_at,
    ledger.entries_by_id, ledger.entries_by_transaction, ledger.entries_by_nonce, ledger.holds_by_id, ledger.live_holds_of,
    ledger.accounts_page, ledger.summary TO %I', app_role);
  -- These read and note the keys of the app alone, with the rights of their owner.
  EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.find_keys, ledger.touch_keys, ledger.has_keys TO %I', app_role);
  -- Those that post, with the rights of their owner, are copies of the app's own.
  IF EXISTS (SELECT FROM ledger.apps a WHERE a.app = $1) THEN
    PERFORM ledger.make_functions(app);
  END IF;

  IF app_schema IS NOT NULL THEN
    PERFORM ledger.grant_schema(app_schema, app_role);
  END IF;
END $$;

REVOKE ALL ON FUNCTION ledger.grant_app FROM PUBLIC;

-- Says of the copies that there are whose they are. judge_capture is none, whichever app there is.
DO $$
DECLARE
  copy record;
BEGIN
  FOR copy IN
    SELECT p.oid::regprocedure AS function, a.app
      FROM ledger.apps a, pg_proc t
      JOIN pg_proc p ON p.pronamespace = t.pronamespace
     WHERE t.pronamespace = 'ledger'::regnamespace AND t.proname ~ '_template$'
       AND p.proname = regexp_replace(t.proname, '_template$', '_' || a.app) AND p.proname <> 'judge_capture'
  LOOP
    EXECUTE format('COMMENT ON FUNCTION %s IS %L', copy.function, 'A copy for the app ' || copy.app);
  END LOOP;
END $$;

-- An app whose name breaks the ledger stops this migration, which says so.
SELECT ledger.assert_app_name(app) FROM ledger.apps;
