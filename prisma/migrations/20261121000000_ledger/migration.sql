-- The ledger: accounts and entries of every app, and the functions that write them.
-- Amounts and balances are whole credits within ±(2^53 - 1), which JSON and JavaScript carry exactly.

CREATE SCHEMA IF NOT EXISTS ledger;

-- The ledger's clock. Tests replace this function; no caller passes a time.
CREATE FUNCTION ledger.now() RETURNS timestamptz LANGUAGE sql VOLATILE
RETURN clock_timestamp();

-- The operations that every app must have.
CREATE FUNCTION ledger.shared_operations() RETURNS text[] LANGUAGE sql IMMUTABLE
RETURN ARRAY['DAILY_REWARD', 'SIGNUP_CREDIT', 'CREDIT_SPEND', 'CREDIT_ADD'];

-- A flat object of strings: at most 20 keys, and 4 KiB of UTF-8 in keys and values together.
CREATE FUNCTION ledger.is_metadata(metadata jsonb) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF jsonb_typeof(metadata) <> 'object' THEN
    RETURN false;
  END IF;
  RETURN (
    SELECT count(*) <= 20
       AND coalesce(bool_and(jsonb_typeof(value) = 'string'), true)
       AND coalesce(sum(octet_length(key) + octet_length(value #>> '{}')), 0) <= 4096
      FROM jsonb_each(metadata)
  );
END $$;

CREATE TABLE ledger.apps (
  app        text           NOT NULL,
  operations text[]         NOT NULL,
  updated_on timestamptz(3) NOT NULL DEFAULT date_trunc('milliseconds', ledger.now()),
  CONSTRAINT apps_pkey PRIMARY KEY (app),
  -- Part of the partition's name, which PostgreSQL cuts at 63 bytes.
  CONSTRAINT apps_name CHECK (app ~ '^[a-z][a-z0-9_]{0,39}$')
);

CREATE TABLE ledger.accounts (
  app        text           NOT NULL,
  owner_id   text           NOT NULL COLLATE "C",
  balance    bigint         NOT NULL DEFAULT 0,
  seq        bigint         NOT NULL DEFAULT 0, -- how many entries: the seq of the newest
  created_on timestamptz(3) NOT NULL,
  updated_on timestamptz(3) NOT NULL,
  CONSTRAINT accounts_pkey PRIMARY KEY (app, owner_id),
  CONSTRAINT accounts_owner_id CHECK (char_length(owner_id) BETWEEN 1 AND 255),
  CONSTRAINT accounts_balance CHECK (balance BETWEEN 0 AND 9007199254740991),
  CONSTRAINT accounts_seq CHECK (seq >= 0)
) WITH (fillfactor = 70); -- room for updates in place: neither balance nor seq is indexed

CREATE SEQUENCE ledger.entries_id_seq;

-- Unique by (app, owner_id, seq) and by (app, owner_id, nonce, place): keys of each app's partition, made by
-- ledger.set_operations. Here they would bar an app from splitting its own by time.
CREATE TABLE ledger.entries (
  app            text           NOT NULL,
  owner_id       text           NOT NULL COLLATE "C",
  seq            bigint         NOT NULL,
  id             bigint         NOT NULL DEFAULT nextval('ledger.entries_id_seq'),
  operation      text           NOT NULL,
  amount         bigint         NOT NULL,
  balance_after  bigint         NOT NULL,
  nonce          text           NOT NULL COLLATE "C",
  place          integer        NOT NULL DEFAULT 1, -- counts one owner's entries within one transaction
  transaction_id uuid           NOT NULL,
  metadata       jsonb          NOT NULL DEFAULT '{}',
  created_on     timestamptz(3) NOT NULL,
  CONSTRAINT entries_owner_id CHECK (char_length(owner_id) BETWEEN 1 AND 255),
  CONSTRAINT entries_seq CHECK (seq >= 1),
  CONSTRAINT entries_amount CHECK (amount BETWEEN -9007199254740991 AND 9007199254740991),
  CONSTRAINT entries_balance_after CHECK (balance_after BETWEEN 0 AND 9007199254740991),
  CONSTRAINT entries_nonce CHECK (char_length(nonce) BETWEEN 1 AND 255),
  CONSTRAINT entries_place CHECK (place BETWEEN 1 AND 100),
  CONSTRAINT entries_metadata CHECK (metadata = '{}' OR ledger.is_metadata(metadata))
) PARTITION BY LIST (app);

ALTER SEQUENCE ledger.entries_id_seq OWNED BY ledger.entries.id;

CREATE INDEX entries_id_idx ON ledger.entries (id);

-- Entries are append-only. Nothing depends on this trigger: it stops a slip of the hand.
CREATE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'ledger entries are never changed or deleted'
    USING ERRCODE = 'restrict_violation', HINT = 'Post another entry that corrects this one.';
END $$;

CREATE TRIGGER entries_append_only BEFORE UPDATE OR DELETE ON ledger.entries
  FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON ledger.entries
  FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- Who may touch what: the owner of the tables everything. Any other database role reads the rows of the app that it is
-- for, by being or having the role ledger_<app>, and posts in the name of that app, through ledger.post_entry alone.
CREATE FUNCTION ledger.may_use(app text) RETURNS boolean LANGUAGE sql STABLE
RETURN coalesce(pg_has_role(session_user, to_regrole(quote_ident('ledger_' || app)), 'MEMBER'), false);

ALTER TABLE ledger.apps ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger.accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger.entries ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_app ON ledger.apps USING (ledger.may_use(app));
CREATE POLICY own_app ON ledger.accounts USING (ledger.may_use(app));
CREATE POLICY own_app ON ledger.entries USING (ledger.may_use(app));

-- Lets the role ledger_<app>, which must exist, read and post in the name of that app, and of no other.
CREATE FUNCTION ledger.grant_app(app text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  app_role text := 'ledger_' || app;
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA ledger TO %I', app_role);
  EXECUTE format('GRANT SELECT ON ledger.apps, ledger.accounts, ledger.entries TO %I', app_role);
  EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.post_entry TO %I', app_role);
END $$;

REVOKE ALL ON FUNCTION ledger.grant_app FROM PUBLIC;

-- Declares all operations of an app, in a migration of that app. The first call makes the app's partition.
-- Refused: a list that lacks a shared operation, and one that drops an operation which entries have.
-- Locks the app's own partition alone: ATTACH lets every other app post on.
CREATE FUNCTION ledger.set_operations(app text, operations text[]) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '10s' AS $$
#variable_conflict use_column
DECLARE
  declared ALIAS FOR $2;
  partition_name text := 'entries_' || $1;
  check_name text := partition_name || '_operations';
  before text[];
  faulty text[];
BEGIN
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

  INSERT INTO ledger.apps (app, operations) VALUES ($1, '{}') ON CONFLICT DO NOTHING;
  SELECT a.operations INTO before FROM ledger.apps a WHERE a.app = $1 FOR UPDATE;

  IF to_regclass(format('ledger.%I', partition_name)) IS NULL THEN
    EXECUTE format('CREATE TABLE ledger.%I (LIKE ledger.entries INCLUDING ALL, CHECK (app = %L),
      PRIMARY KEY (app, owner_id, seq), UNIQUE (app, owner_id, nonce, place))', partition_name, $1);
    EXECUTE format('ALTER TABLE ledger.entries ATTACH PARTITION ledger.%I FOR VALUES IN (%L)', partition_name, $1);
    EXECUTE format('ALTER TABLE ledger.%I DROP CONSTRAINT %I', partition_name, partition_name || '_app_check');
    EXECUTE format('CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON ledger.%I
      FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change()', partition_name);
  ELSE
    EXECUTE format('ALTER TABLE ledger.%I RENAME CONSTRAINT %I TO %I', partition_name, check_name, check_name || '_before');
  END IF;

  -- NOT VALID: entries of the past passed the check before, so that a long table need not be read again.
  EXECUTE format('ALTER TABLE ledger.%I ADD CONSTRAINT %I CHECK (operation = ANY (%L::text[])) NOT VALID',
    partition_name, check_name, declared);
  EXECUTE format('ALTER TABLE ledger.%I DROP CONSTRAINT IF EXISTS %I', partition_name, check_name || '_before');

  SELECT array_agg(o) INTO faulty FROM unnest(before) o
   WHERE o <> ALL (declared) AND EXISTS (SELECT FROM ledger.entries e WHERE e.app = $1 AND e.operation = o);
  IF faulty IS NOT NULL THEN
    RAISE EXCEPTION 'app % has entries of the operations that the list drops: %', $1, array_to_string(faulty, ', ')
      USING ERRCODE = 'restrict_violation', HINT = 'An operation that was used stays declared; the app may stop offering it.';
  END IF;

  UPDATE ledger.apps a
     SET operations = (SELECT array_agg(o ORDER BY first) FROM (SELECT o, min(i) first FROM unnest(declared) WITH ORDINALITY d (o, i) GROUP BY o) distinct_operations),
         updated_on = date_trunc('milliseconds', ledger.now())
   WHERE a.app = $1;
END $$;

REVOKE ALL ON FUNCTION ledger.set_operations FROM PUBLIC;

-- An entry as the functions answer it. created_on is milliseconds since 1970.
CREATE FUNCTION ledger.entry_json(entry ledger.entries) RETURNS json LANGUAGE sql STABLE
RETURN json_build_object(
  'id', (entry).id::text,
  'ownerId', (entry).owner_id,
  'seq', (entry).seq,
  'operation', (entry).operation,
  'amount', (entry).amount,
  'balanceAfter', (entry).balance_after,
  'nonce', (entry).nonce,
  'transactionId', (entry).transaction_id,
  'metadata', (entry).metadata,
  'createdOn', (extract(epoch FROM (entry).created_on) * 1000)::bigint
);

-- Posts one entry. amount is signed; null: the app's amount rule refuses what was requested.
-- requested_amount is what the caller gave, signed; null: the caller left it out.
-- Answers {outcome, balance} and, with an entry, {entry}:
--   posted                the new entry
--   duplicate             the owner's original entry with this nonce; identical: the request was the same
--   amount_refused, insufficient_balance, balance_out_of_range   nothing was written
-- The account is locked first and the nonce looked up after: each statement here sees what was committed before it
-- began, so that between the two no race is left. A replay is found before anything else is judged.
CREATE FUNCTION ledger.post_entry(
  app text, owner_id text, operation text, amount bigint, requested_amount bigint,
  nonce text, metadata jsonb, transaction_id uuid
) RETURNS json LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  account ledger.accounts;
  entry ledger.entries;
  refusal text;
  posted_on timestamptz;
BEGIN
  IF NOT (pg_has_role(session_user, current_user, 'MEMBER') OR ledger.may_use(app)) THEN
    RAISE EXCEPTION 'the role % may not post for the app %', session_user, app
      USING ERRCODE = 'insufficient_privilege', HINT = format('GRANT %I TO %I', 'ledger_' || app, session_user);
  END IF;

  LOOP
    SELECT * INTO account FROM ledger.accounts a
     WHERE a.app = post_entry.app AND a.owner_id = post_entry.owner_id FOR NO KEY UPDATE;
    refusal := CASE
      WHEN amount IS NULL THEN 'amount_refused'
      WHEN amount < 0 AND coalesce(account.balance, 0) + amount < 0 THEN 'insufficient_balance'
      WHEN coalesce(account.balance, 0) + amount > 9007199254740991 THEN 'balance_out_of_range'
    END;
    EXIT WHEN account.app IS NOT NULL;
    -- An owner without an account has no nonces: a refusal leaves no account behind.
    IF refusal IS NOT NULL THEN
      RETURN json_build_object('outcome', refusal, 'balance', 0);
    END IF;
    posted_on := date_trunc('milliseconds', ledger.now());
    INSERT INTO ledger.accounts (app, owner_id, created_on, updated_on)
    VALUES (app, owner_id, posted_on, posted_on) ON CONFLICT DO NOTHING;
  END LOOP;

  -- Planned for this app each time: a plan for any app would wait for the migrations of every other app.
  EXECUTE 'SELECT * FROM ledger.entries e WHERE e.app = $1 AND e.owner_id = $2 AND e.nonce = $3 AND e.place = 1'
    INTO entry USING app, owner_id, nonce;
  IF entry.app IS NOT NULL THEN
    RETURN json_build_object(
      'outcome', 'duplicate',
      'entry', ledger.entry_json(entry),
      'balance', account.balance,
      'identical', entry.operation = operation AND entry.metadata = metadata
        AND (requested_amount IS NULL OR entry.amount = requested_amount));
  ELSIF refusal IS NOT NULL THEN
    RETURN json_build_object('outcome', refusal, 'balance', account.balance);
  END IF;

  -- Never earlier than the account's last entry, whatever the clock does.
  posted_on := greatest(date_trunc('milliseconds', ledger.now()), account.updated_on);
  INSERT INTO ledger.entries AS e
    (app, owner_id, seq, operation, amount, balance_after, nonce, transaction_id, metadata, created_on)
  VALUES
    (app, owner_id, account.seq + 1, operation, amount, account.balance + amount, nonce, transaction_id, metadata, posted_on)
  RETURNING e.* INTO entry;
  UPDATE ledger.accounts a SET balance = entry.balance_after, seq = entry.seq, updated_on = posted_on
   WHERE a.app = post_entry.app AND a.owner_id = post_entry.owner_id;
  RETURN json_build_object('outcome', 'posted', 'entry', ledger.entry_json(entry), 'balance', entry.balance_after);
END $$;

REVOKE ALL ON FUNCTION ledger.post_entry FROM PUBLIC;
