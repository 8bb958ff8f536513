-- Makes accounts that are missing, in the order of the list. Answers those that it made: another transaction may be first.
CREATE OR REPLACE FUNCTION ledger.make_accounts(app text, owner_ids text[]) RETURNS text[] LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  owner_id text;
  made text[];
BEGIN
  FOR owner_id IN
    INSERT INTO ledger.accounts (app, owner_id, created_on, updated_on)
    SELECT $1, o.owner_id, moment.now, moment.now
      FROM unnest($2) WITH ORDINALITY o (owner_id, place), (SELECT date_trunc('milliseconds', ledger.now()) AS now) moment
     ORDER BY o.place
    ON CONFLICT DO NOTHING
    RETURNING accounts.owner_id
  LOOP
    made := array_append(made, owner_id);
  END LOOP;
  RETURN made;
END $$;

-- The same, without those that another transaction is making just now. PostgreSQL cannot skip these: they are waited for,
-- all together as long as lock_timeout allows, and then, to find out which they are, each by itself for an instant.
CREATE OR REPLACE FUNCTION ledger.make_free_accounts(app text, owner_ids text[]) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  owner_id text;
  made text[];
BEGIN
  BEGIN
    RETURN ledger.make_accounts(app, owner_ids);
  EXCEPTION WHEN lock_not_available THEN
    PERFORM set_config('lock_timeout', '5ms', true);
  END;
  FOREACH owner_id IN ARRAY owner_ids LOOP
    BEGIN
      made := made || ledger.make_accounts(app, ARRAY[owner_id]);
    EXCEPTION WHEN lock_not_available THEN
      CONTINUE;
    END;
  END LOOP;
  RETURN made;
END $$;

-- Locks an account, which is made if it is missing. Answers whether it was.
CREATE OR REPLACE FUNCTION ledger.lock_or_make_account(app text, owner_id text) RETURNS boolean LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  LOOP
    PERFORM FROM ledger.accounts a WHERE a.app = app AND a.owner_id = owner_id FOR NO KEY UPDATE;
    IF FOUND THEN
      RETURN false;
    ELSIF ledger.make_accounts(app, ARRAY[owner_id]) IS NOT NULL THEN
      RETURN true;
    END IF;
  END LOOP;
END $$;

-- Locks the accounts of different owners, and answers them in the order of the list; made: those that were missing.
-- They are locked and made in the order of their ids, so that two calls never wait for each other. Where none is missing
-- one statement does. Each is looked up by itself, as in ledger.balances.
-- skip_busy: an account that another transaction has locked, or is making, is null in the answer.
CREATE OR REPLACE FUNCTION ledger.lock_accounts(
  app text, owner_ids text[], skip_busy boolean, OUT accounts ledger.accounts[], OUT made text[]
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  missing text[];
  next_id text;
BEGIN
  SELECT array_agg(o.owner_id ORDER BY o.owner_id COLLATE "C") INTO missing
    FROM unnest($2) o (owner_id)
   WHERE (SELECT a.app FROM ledger.accounts a WHERE a.app = $1 AND a.owner_id = o.owner_id) IS NULL;

  IF skip_busy THEN
    IF missing IS NOT NULL THEN
      made := ledger.make_free_accounts($1, missing);
    END IF;
    SELECT array_agg(locked.account ORDER BY sorted.place) INTO accounts
      FROM (
        SELECT o.owner_id, o.place FROM unnest($2) WITH ORDINALITY o (owner_id, place) ORDER BY o.owner_id COLLATE "C"
      ) sorted LEFT JOIN LATERAL (
        SELECT a AS account FROM ledger.accounts a WHERE a.app = $1 AND a.owner_id = sorted.owner_id FOR NO KEY UPDATE SKIP LOCKED
      ) locked ON true;
    RETURN;
  END IF;

  IF missing IS NOT NULL THEN
    FOR next_id IN SELECT o.owner_id FROM unnest($2) o (owner_id) ORDER BY o.owner_id COLLATE "C" LOOP
      IF ledger.lock_or_make_account($1, next_id) THEN
        made := array_append(made, next_id);
      END IF;
    END LOOP;
  END IF;
  SELECT array_agg(locked.account ORDER BY sorted.place) INTO accounts
    FROM (
      SELECT o.owner_id, o.place FROM unnest($2) WITH ORDINALITY o (owner_id, place) ORDER BY o.owner_id COLLATE "C"
    ) sorted, LATERAL (
      SELECT a AS account FROM ledger.accounts a WHERE a.app = $1 AND a.owner_id = sorted.owner_id FOR NO KEY UPDATE
    ) locked;
  IF cardinality(accounts) IS DISTINCT FROM cardinality(owner_ids) THEN
    RAISE EXCEPTION 'locked % accounts of % owners', cardinality(accounts), cardinality(owner_ids)
      USING ERRCODE = 'serialization_failure';
  END IF;
END $$;
