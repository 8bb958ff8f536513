-- Returns the operations that every app must have.
CREATE OR REPLACE FUNCTION ledger.shared_operations() RETURNS text[] LANGUAGE sql IMMUTABLE
RETURN ARRAY['DAILY_REWARD', 'SIGNUP_CREDIT', 'CREDIT_SPEND', 'CREDIT_ADD'];

-- Returns the operations that the app no longer posts. It is read under the partition's lock, like the CHECK:
-- ledger.set_operations waits for postings that still know the old list.
CREATE OR REPLACE FUNCTION ledger.retired_operations(app text) RETURNS text[] LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT a.retired FROM ledger.apps a WHERE a.app = $1);
END $$;

-- Raises an error for an undeclared operation of a hold. Entries have a CHECK on their operations, but holds are in one
-- table for all apps. The look-up of nonces has taken the partition's lock, so ledger.set_operations waits until the
-- hold is visible.
CREATE OR REPLACE FUNCTION ledger.assert_declared(app text, operation text) RETURNS void LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
BEGIN
  IF NOT EXISTS (SELECT FROM ledger.apps a WHERE a.app = app AND operation = ANY (a.operations)) THEN
    RAISE EXCEPTION 'the app % does not declare the operation %', app, operation USING ERRCODE = 'check_violation';
  END IF;
END $$;

-- Declares all operations of an app, and which of them are retired, in a migration of that app. The first call makes
-- the app's partition. It refuses a name that no app can have, a list that lacks or retires a shared operation, and a
-- list that drops an operation of existing entries or holds. It locks only the app's own partition: ATTACH lets every
-- other app go on posting.
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
