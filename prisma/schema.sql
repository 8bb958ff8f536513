-- The ledger's schema as its migrations leave it, with one app, which is called "app". For readers: nothing runs it.
-- Written by npm run print:database.

CREATE TYPE ledger.line AS (
  account integer,
  operation text,
  amount bigint,
  requested bigint,
  limit_times integer,
  limit_per text,
  reverses bigint,
  refunds bigint,
  hold_id bigint
);

CREATE TYPE ledger.original AS (
  account integer,
  transaction_id uuid,
  hold_id bigint
);

CREATE TYPE ledger.request AS (
  id uuid,
  nonce text,
  metadata jsonb,
  invalid boolean,
  lines ledger.line[]
);

CREATE TYPE ledger.verdict AS (
  refusal text,
  details json
);

CREATE TABLE ledger.accounts (
  app text NOT NULL,
  owner_id text COLLATE "C" NOT NULL,
  balance bigint NOT NULL DEFAULT 0,
  overdraft bigint NOT NULL DEFAULT 0,
  held bigint NOT NULL DEFAULT 0,
  holds_expire_on timestamp(3) with time zone,
  seq bigint NOT NULL DEFAULT 0,
  created_on timestamp(3) with time zone NOT NULL,
  updated_on timestamp(3) with time zone NOT NULL,
  CONSTRAINT accounts_pkey PRIMARY KEY (app, owner_id),
  CONSTRAINT accounts_available CHECK ((balance - held + overdraft) >= 0),
  CONSTRAINT accounts_balance CHECK (balance >= '-9007199254740991'::bigint AND balance <= '9007199254740991'::bigint),
  CONSTRAINT accounts_held CHECK (held >= 0 AND (held = 0) = (holds_expire_on IS NULL)),
  CONSTRAINT accounts_overdraft CHECK (overdraft >= 0 AND (balance + overdraft) <= '9007199254740991'::bigint),
  CONSTRAINT accounts_owner_id CHECK (char_length(owner_id) >= 1 AND char_length(owner_id) <= 255),
  CONSTRAINT accounts_seq CHECK (seq >= 0)
) WITH (fillfactor=70);

ALTER TABLE ledger.accounts ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_app ON ledger.accounts USING (ledger.may_use(app));

CREATE TABLE ledger.apps (
  app text NOT NULL,
  operations text[] NOT NULL,
  retired text[] NOT NULL DEFAULT '{}'::text[],
  updated_on timestamp(3) with time zone NOT NULL DEFAULT date_trunc('milliseconds'::text, ledger.now()),
  CONSTRAINT apps_pkey PRIMARY KEY (app),
  CONSTRAINT apps_name CHECK (app ~ '^[a-z][a-z0-9_]{0,39}$'::text)
);

ALTER TABLE ledger.apps ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_app ON ledger.apps USING (ledger.may_use(app));

CREATE TABLE ledger.entries (
  app text NOT NULL,
  owner_id text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  id bigint NOT NULL DEFAULT nextval('ledger.entries_id_seq'::regclass),
  operation text NOT NULL,
  amount bigint NOT NULL,
  balance_after bigint NOT NULL,
  nonce text COLLATE "C" NOT NULL,
  place integer NOT NULL DEFAULT 1,
  transaction_id uuid NOT NULL,
  metadata jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_on timestamp(3) with time zone NOT NULL,
  reverses bigint,
  refunds bigint,
  hold_id bigint,
  CONSTRAINT entries_amount CHECK (amount >= '-9007199254740991'::bigint AND amount <= '9007199254740991'::bigint),
  CONSTRAINT entries_balance_after CHECK (balance_after >= '-9007199254740991'::bigint AND balance_after <= '9007199254740991'::bigint),
  CONSTRAINT entries_kind CHECK (num_nonnulls(reverses, refunds, hold_id) <= 1),
  CONSTRAINT entries_metadata CHECK (metadata = '{}'::jsonb OR ledger.is_metadata(metadata)),
  CONSTRAINT entries_nonce CHECK (char_length(nonce) >= 1 AND char_length(nonce) <= 255),
  CONSTRAINT entries_owner_id CHECK (char_length(owner_id) >= 1 AND char_length(owner_id) <= 255),
  CONSTRAINT entries_place CHECK (place >= 1 AND place <= 100),
  CONSTRAINT entries_seq CHECK (seq >= 1)
) PARTITION BY LIST (app);

CREATE INDEX entries_created_on_idx ON ONLY ledger.entries USING brin (created_on);

CREATE INDEX entries_id_idx ON ONLY ledger.entries USING btree (id);

CREATE INDEX entries_operation_idx ON ONLY ledger.entries USING btree (owner_id, operation, num_nonnulls(reverses, refunds, hold_id), seq);

CREATE INDEX entries_refunds_idx ON ONLY ledger.entries USING btree (refunds) WHERE refunds IS NOT NULL;

CREATE INDEX entries_transaction_id_idx ON ONLY ledger.entries USING btree (transaction_id);

CREATE TRIGGER entries_append_only BEFORE DELETE OR UPDATE ON ledger.entries FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();

CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON ledger.entries FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

ALTER TABLE ledger.entries ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_app ON ledger.entries USING (ledger.may_use(app));

CREATE TABLE ledger.entries_app PARTITION OF ledger.entries (
  CONSTRAINT entries_app_owner_id_nonce_place_key UNIQUE (owner_id, nonce, place),
  CONSTRAINT entries_app_pkey PRIMARY KEY (owner_id, seq),
  CONSTRAINT entries_app_operations CHECK (operation = ANY ('{DAILY_REWARD,SIGNUP_CREDIT,CREDIT_SPEND,CREDIT_ADD}'::text[])) NOT VALID
) FOR VALUES IN ('app');

CREATE UNIQUE INDEX entries_app_hold_id_idx ON ledger.entries_app USING btree (hold_id) WHERE hold_id IS NOT NULL;

CREATE UNIQUE INDEX entries_app_reverses_idx ON ledger.entries_app USING btree (reverses) WHERE reverses IS NOT NULL;

CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON ledger.entries_app FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

CREATE SEQUENCE ledger.entries_id_seq;

CREATE TABLE ledger.holds (
  app text NOT NULL,
  owner_id text COLLATE "C" NOT NULL,
  id bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY,
  operation text NOT NULL,
  amount bigint NOT NULL,
  nonce text COLLATE "C" NOT NULL,
  metadata jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_on timestamp(3) with time zone NOT NULL,
  expires_on timestamp(3) with time zone NOT NULL,
  released_on timestamp(3) with time zone,
  captured_by bigint,
  CONSTRAINT holds_pkey PRIMARY KEY (app, owner_id, id),
  CONSTRAINT holds_amount CHECK (amount >= 1 AND amount <= '9007199254740991'::bigint),
  CONSTRAINT holds_captured_by CHECK (captured_by IS NULL OR released_on IS NOT NULL),
  CONSTRAINT holds_expires_on CHECK (expires_on > created_on AND (expires_on - created_on) <= '365 days'::interval),
  CONSTRAINT holds_metadata CHECK (metadata = '{}'::jsonb OR ledger.is_metadata(metadata)),
  CONSTRAINT holds_nonce CHECK (char_length(nonce) >= 1 AND char_length(nonce) <= 255),
  CONSTRAINT holds_owner_id CHECK (char_length(owner_id) >= 1 AND char_length(owner_id) <= 255)
);

CREATE INDEX holds_expires_on_idx ON ledger.holds USING btree (app, owner_id, expires_on);

CREATE INDEX holds_id_idx ON ledger.holds USING btree (id);

CREATE UNIQUE INDEX holds_nonce_key ON ledger.holds USING btree (app, owner_id, nonce);

CREATE INDEX holds_operation_idx ON ledger.holds USING btree (app, owner_id, operation, id);

ALTER TABLE ledger.holds ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_app ON ledger.holds USING (ledger.may_use(app));

CREATE OR REPLACE FUNCTION ledger.account_at(account ledger.accounts, at timestamp with time zone, pending ledger.entries[] DEFAULT '{}'::ledger.entries[])
 RETURNS ledger.accounts
 LANGUAGE plpgsql
 STABLE
AS $function$
BEGIN
  IF account.holds_expire_on <= at THEN
    SELECT * INTO account.held, account.holds_expire_on FROM ledger.live_holds(account, at, pending);
  END IF;
  RETURN account;
END $function$;

CREATE OR REPLACE FUNCTION ledger.accounts_page(app text, prefix text, after text, before text, backward boolean, size integer)
 RETURNS json
 LANGUAGE plpgsql
 STABLE
AS $function$
DECLARE
  accounts json;
BEGIN
  EXECUTE format('
    SELECT json_agg(json_build_object(
             ''balance'', ledger.balance_json(ledger.account_at(page.account, ledger.now())),
             ''entryCount'', (page.account).seq,
             ''createdOn'', ledger.epoch_ms((page.account).created_on),
             ''updatedOn'', ledger.epoch_ms((page.account).updated_on)
           ) ORDER BY page.owner_id %1$s)
      FROM (
        SELECT a AS account, a.owner_id FROM ledger.accounts a
         WHERE a.app = $1 AND a.owner_id ^@ $2 AND a.owner_id > $3 AND ($4 IS NULL OR a.owner_id < $4)
         ORDER BY a.owner_id %1$s LIMIT $5
      ) page', CASE WHEN backward THEN 'DESC' ELSE 'ASC' END)
    INTO accounts USING app, prefix, after, before, size;
  RETURN accounts;
END $function$;

CREATE OR REPLACE FUNCTION ledger.amounts_at(app text, owner_ids text[], moments timestamp with time zone[])
 RETURNS json
 LANGUAGE plpgsql
 STABLE
AS $function$
DECLARE
  found json;
BEGIN
  EXECUTE '
    SELECT json_agg((
             SELECT e.balance_after FROM ledger.entries e
              WHERE e.app = $1 AND e.owner_id = key.owner_id
                AND e.seq = (SELECT ledger.seq_at($1, key.owner_id, key.moment))
           ) ORDER BY key.place)
      FROM unnest($2, $3) WITH ORDINALITY key (owner_id, moment, place)'
    INTO found USING app, owner_ids, moments;
  RETURN found;
END $function$;

CREATE OR REPLACE FUNCTION ledger.assert_declared(app text, operation text)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
#variable_conflict use_variable
BEGIN
  IF NOT EXISTS (SELECT FROM ledger.apps a WHERE a.app = app AND operation = ANY (a.operations)) THEN
    RAISE EXCEPTION 'the app % does not declare the operation %', app, operation USING ERRCODE = 'check_violation';
  END IF;
END $function$;

CREATE OR REPLACE FUNCTION ledger.assert_may_post(app text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF NOT (pg_has_role(session_user, current_user, 'MEMBER') OR ledger.may_use(app)) THEN
    RAISE EXCEPTION 'the role % may not post for the app %', session_user, app
      USING ERRCODE = 'insufficient_privilege', HINT = format('GRANT %I TO %I', 'ledger_' || app, session_user);
  END IF;
END $function$;

CREATE OR REPLACE FUNCTION ledger.balance_json(account ledger.accounts)
 RETURNS json
 LANGUAGE sql
 STABLE
RETURN json_build_object('ownerId', (account).owner_id, 'amount', (account).balance, 'overdraft', (account).overdraft, 'held', (account).held, 'available', (((account).balance - (account).held) + (account).overdraft));

CREATE OR REPLACE FUNCTION ledger.balances(app text, owner_ids text[])
 RETURNS json
 LANGUAGE sql
 STABLE
BEGIN ATOMIC
 SELECT json_agg(ledger.balance_json(ledger.account_at(COALESCE(( SELECT a.*::ledger.accounts AS a
            FROM ledger.accounts a
           WHERE ((a.app = balances.app) AND (a.owner_id = o.owner_id))), ROW(balances.app, o.owner_id, (0)::bigint, (0)::bigint, (0)::bigint, NULL::timestamp(3) with time zone, (0)::bigint, NULL::timestamp(3) with time zone, NULL::timestamp(3) with time zone)::ledger.accounts), ledger.now())) ORDER BY o.place) AS json_agg
    FROM unnest(balances.owner_ids) WITH ORDINALITY o(owner_id, place);
END;

CREATE OR REPLACE FUNCTION ledger.balances_json(accounts ledger.accounts[], lines ledger.line[])
 RETURNS json
 LANGUAGE plpgsql
 STABLE
AS $function$
DECLARE
  seen integer[] := '{}';
  balances json[] := '{}';
  line ledger.line;
BEGIN
  FOREACH line IN ARRAY lines LOOP
    CONTINUE WHEN line.account = ANY (seen);
    seen := array_append(seen, line.account);
    balances := array_append(balances, ledger.balance_json(accounts[line.account]));
  END LOOP;
  RETURN to_json(balances);
END $function$;

CREATE OR REPLACE FUNCTION ledger.duplicate_json(request ledger.request, original ledger.original, owner_ids text[], account ledger.accounts, at timestamp with time zone, pending ledger.entries[])
 RETURNS json
 LANGUAGE plpgsql
 STABLE
AS $function$
DECLARE
  entries ledger.entries[] := (SELECT array_agg(e) FROM unnest(pending) e WHERE e.transaction_id = original.transaction_id);
BEGIN
  entries := coalesce(entries, ledger.transaction_entries(account.app, original.transaction_id));
  RETURN json_build_object(
    'outcome', 'duplicate',
    'balance', ledger.balance_json(account),
    'identical', original.hold_id IS NULL AND ledger.is_same_request(entries, request, owner_ids),
    'own', original.transaction_id = ledger.transaction_id(request, owner_ids),
    'entry', (SELECT ledger.entry_json(e) FROM unnest(entries) e WHERE e.owner_id = account.owner_id AND e.place = 1),
    'hold', CASE WHEN original.hold_id IS NOT NULL
      THEN ledger.hold_json(ledger.hold_of(account, original.hold_id, pending), at) END);
END $function$;

CREATE OR REPLACE FUNCTION ledger.entries_by_id(app text, ids bigint[])
 RETURNS json
 LANGUAGE plpgsql
 STABLE
AS $function$
DECLARE
  found json;
BEGIN
  EXECUTE '
    SELECT json_agg((
             SELECT ledger.entry_json(e) FROM ledger.entries e WHERE e.app = $1 AND e.id = key.id
           ) ORDER BY key.place)
      FROM unnest($2) WITH ORDINALITY key (id, place)'
    INTO found USING app, ids;
  RETURN found;
END $function$;

CREATE OR REPLACE FUNCTION ledger.entries_by_nonce(app text, owner_ids text[], nonces text[])
 RETURNS json
 LANGUAGE plpgsql
 STABLE
AS $function$
DECLARE
  found json;
BEGIN
  EXECUTE '
    SELECT json_agg((
             SELECT ledger.entry_json(e) FROM ledger.entries e
              WHERE e.app = $1 AND e.owner_id = key.owner_id AND e.nonce = key.nonce AND e.place = 1
           ) ORDER BY key.place)
      FROM unnest($2, $3) WITH ORDINALITY key (owner_id, nonce, place)'
    INTO found USING app, owner_ids, nonces;
  RETURN found;
END $function$;

CREATE OR REPLACE FUNCTION ledger.entries_by_transaction(app text, ids uuid[])
 RETURNS json
 LANGUAGE plpgsql
 STABLE
AS $function$
DECLARE
  found json;
BEGIN
  EXECUTE '
    SELECT json_agg((
             SELECT json_agg(ledger.entry_json(e) ORDER BY e.id)
               FROM ledger.entries e WHERE e.app = $1 AND e.transaction_id = key.id
           ) ORDER BY key.place)
      FROM unnest($2) WITH ORDINALITY key (id, place)'
    INTO found USING app, ids;
  RETURN found;
END $function$;

CREATE OR REPLACE FUNCTION ledger.entry_json(entry ledger.entries)
 RETURNS json
 LANGUAGE sql
 STABLE
RETURN json_build_object('id', ((entry).id)::text, 'ownerId', (entry).owner_id, 'seq', (entry).seq, 'operation', (entry).operation, 'amount', (entry).amount, 'balanceAfter', (entry).balance_after, 'nonce', (entry).nonce, 'transactionId', (entry).transaction_id, 'metadata', (entry).metadata, 'createdOn', ledger.epoch_ms((entry).created_on), 'reverses', ((entry).reverses)::text, 'refunds', ((entry).refunds)::text, 'holdId', ((entry).hold_id)::text);

CREATE OR REPLACE FUNCTION ledger.epoch_ms(moment timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 STABLE
RETURN ((EXTRACT(epoch FROM moment) * (1000)::numeric))::bigint;

CREATE OR REPLACE FUNCTION ledger.first_original(request ledger.request, original ledger.original, owner_ids text[], pending ledger.entries[])
 RETURNS ledger.original
 LANGUAGE sql
 STABLE
AS $function$
  SELECT used.account, used.transaction_id, used.hold_id
    FROM unnest(request.lines) WITH ORDINALITY l, LATERAL (
      SELECT (original).account, (original).transaction_id, (original).hold_id WHERE (original).account = l.account
      UNION ALL
      SELECT l.account, e.transaction_id, NULL
        FROM unnest(pending) e WHERE e.owner_id = owner_ids[l.account] AND e.nonce = request.nonce
    ) used
   ORDER BY l.ordinality LIMIT 1
$function$;

CREATE OR REPLACE FUNCTION ledger.grant_app(app text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
  app_role text := 'ledger_' || app;
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA ledger TO %I', app_role);
  EXECUTE format('GRANT SELECT ON ledger.apps, ledger.accounts, ledger.entries, ledger.holds TO %I', app_role);
  EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.post, ledger.hold, ledger.release_hold, ledger.set_overdraft TO %I', app_role);
END $function$;
REVOKE ALL ON FUNCTION ledger.grant_app(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.hold(app text, owner_id text, transaction json, duration_ms bigint, dry_run boolean)
 RETURNS json
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
#variable_conflict use_variable
DECLARE
  request ledger.request := json_populate_record(NULL::ledger.request, transaction);
  line ledger.line := request.lines[1];
  duration interval := duration_ms * interval '1 millisecond';
  original ledger.original;
  accounts ledger.accounts[];
  made text[];
  account ledger.accounts;
  at timestamptz;
  verdict ledger.verdict;
  hold ledger.holds;
  answer json;
BEGIN
  PERFORM ledger.assert_may_post(app);
  IF cardinality(request.lines) IS DISTINCT FROM 1 OR line.account IS DISTINCT FROM 1
     OR num_nonnulls(line.reverses, line.refunds, line.hold_id) > 0 THEN
    RAISE EXCEPTION 'a hold has one line, of account 1, which neither corrects nor captures'
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT * INTO accounts, made FROM ledger.lock_accounts(app, ARRAY[owner_id], false);
  original := (ledger.originals_of(app, ARRAY[owner_id], ARRAY[request]))[1];
  at := greatest(date_trunc('milliseconds', ledger.now()), accounts[1].updated_on);
  account := ledger.account_at(accounts[1], at);
  IF original.account IS NOT NULL THEN
    hold := ledger.hold_of(account, original.hold_id);
    RETURN ledger.duplicate_json(request, original, ARRAY[owner_id], account, at, '{}')::jsonb || jsonb_build_object(
      'identical', hold.id IS NOT NULL AND hold.operation = line.operation AND hold.metadata = request.metadata
        AND hold.amount = coalesce(-line.requested, hold.amount) AND hold.expires_on = hold.created_on + duration);
  END IF;

  verdict := CASE WHEN request.invalid THEN ROW('invalid', NULL)::ledger.verdict ELSE ledger.judge(account, line, ledger.retired_operations(app), NULL, at, '{}') END;
  IF verdict.refusal IS NOT NULL THEN
    answer := json_build_object(
      'outcome', verdict.refusal, 'line', 0, 'balance', ledger.balance_json(account), 'details', verdict.details);
  ELSE
    hold.app := app;
    hold.owner_id := owner_id;
    hold.id := CASE WHEN dry_run THEN 0 ELSE nextval(pg_get_serial_sequence('ledger.holds', 'id')) END;
    hold.operation := line.operation;
    hold.amount := -line.amount;
    hold.nonce := request.nonce;
    hold.metadata := request.metadata;
    hold.created_on := at;
    hold.expires_on := at + duration;
    account.held := account.held + hold.amount;
    account.holds_expire_on := least(account.holds_expire_on, hold.expires_on);
    account.updated_on := at;
    accounts[1] := account;
    answer := json_build_object('outcome', 'held', 'hold', ledger.hold_json(hold, at), 'balance', ledger.balance_json(account));
  END IF;
  IF hold.id > 0 THEN
    PERFORM ledger.assert_declared(app, hold.operation);
    INSERT INTO ledger.holds SELECT (hold).*;
  END IF;
  PERFORM ledger.save_accounts(app, CASE WHEN NOT dry_run THEN accounts END, made);
  RETURN answer;
END $function$;
REVOKE ALL ON FUNCTION ledger.hold(text, text, json, bigint, boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.hold_json(hold ledger.holds, at timestamp with time zone)
 RETURNS json
 LANGUAGE sql
 STABLE
RETURN json_build_object('id', ((hold).id)::text, 'ownerId', (hold).owner_id, 'operation', (hold).operation, 'amount', (hold).amount, 'nonce', (hold).nonce, 'metadata', (hold).metadata, 'status', CASE WHEN ((hold).captured_by IS NOT NULL) THEN 'CAPTURED'::text WHEN ((hold).released_on IS NOT NULL) THEN 'RELEASED'::text WHEN ((hold).expires_on <= at) THEN 'EXPIRED'::text ELSE 'HELD'::text END, 'capturedBy', ((hold).captured_by)::text, 'createdOn', ledger.epoch_ms((hold).created_on), 'expiresOn', ledger.epoch_ms((hold).expires_on), 'releasedOn', ledger.epoch_ms((hold).released_on));

CREATE OR REPLACE FUNCTION ledger.hold_of(account ledger.accounts, id bigint, pending ledger.entries[] DEFAULT '{}'::ledger.entries[])
 RETURNS ledger.holds
 LANGUAGE plpgsql
 STABLE
AS $function$
#variable_conflict use_variable
DECLARE
  hold ledger.holds;
  capture ledger.entries;
BEGIN
  IF id IS NOT NULL THEN
    SELECT * INTO hold FROM ledger.holds h WHERE h.app = account.app AND h.owner_id = account.owner_id AND h.id = id;
    SELECT * INTO capture FROM unnest(pending) e WHERE e.hold_id = hold.id;
    IF FOUND THEN
      hold.released_on := capture.created_on;
      hold.captured_by := capture.id;
    END IF;
  END IF;
  RETURN hold;
END $function$;

CREATE OR REPLACE FUNCTION ledger.holds_by_id(app text, ids bigint[])
 RETURNS json
 LANGUAGE plpgsql
 STABLE
AS $function$
DECLARE
  found json;
BEGIN
  EXECUTE '
    SELECT json_agg((
             SELECT ledger.hold_json(h, greatest(ledger.now(), a.updated_on))
               FROM ledger.holds h JOIN ledger.accounts a ON a.app = h.app AND a.owner_id = h.owner_id
              WHERE h.app = $1 AND h.id = key.id
           ) ORDER BY key.place)
      FROM unnest($2) WITH ORDINALITY key (id, place)'
    INTO found USING app, ids;
  RETURN found;
END $function$;

CREATE OR REPLACE FUNCTION ledger.is_limit_reached(account ledger.accounts, line ledger.line, at timestamp with time zone, pending ledger.entries[])
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
AS $function$
DECLARE
  since timestamptz := (ledger.limit_window(line.limit_per, at)).began;
  used bigint;
BEGIN
  -- The newest ones alone are read, as many as the limit allows: an index has those that count by themselves.
  EXECUTE '
    SELECT count(*) FROM (
      (SELECT e.created_on FROM ledger.entries e
        WHERE e.app = $1 AND e.owner_id = $2 AND e.operation = $3 AND num_nonnulls(e.reverses, e.refunds, e.hold_id) = 0
        ORDER BY e.seq DESC LIMIT $4)
      UNION ALL
      (SELECT h.created_on FROM ledger.holds h
        WHERE h.app = $1 AND h.owner_id = $2 AND h.operation = $3
        ORDER BY h.id DESC LIMIT $4)
    ) newest WHERE newest.created_on >= $5'
    INTO used USING account.app, account.owner_id, line.operation, line.limit_times, since;
  SELECT used + count(*) INTO used FROM unnest(pending) e
   WHERE e.owner_id = account.owner_id AND e.operation = line.operation AND e.created_on >= since
     AND num_nonnulls(e.reverses, e.refunds, e.hold_id) = 0;
  RETURN used >= line.limit_times;
END $function$;

CREATE OR REPLACE FUNCTION ledger.is_metadata(metadata jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION ledger.is_same_request(entries ledger.entries[], request ledger.request, owner_ids text[])
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
RETURN (SELECT ((count(*) = count(e.id)) AND (count(*) = count(l.account)) AND bool_and(((e.owner_id = (is_same_request.owner_ids)[l.account]) AND (e.operation = l.operation) AND (e.metadata = (is_same_request.request).metadata) AND (e.amount = COALESCE(l.requested, e.amount)) AND (NOT (((e.reverses IS DISTINCT FROM l.reverses) OR (e.refunds IS DISTINCT FROM l.refunds)) OR (e.hold_id IS DISTINCT FROM l.hold_id)))))) FROM (unnest(is_same_request.entries) WITH ORDINALITY e(app, owner_id, seq, id, operation, amount, balance_after, nonce, place, transaction_id, metadata, created_on, reverses, refunds, hold_id, ordinality) FULL JOIN unnest((is_same_request.request).lines) WITH ORDINALITY l(account, operation, amount, requested, limit_times, limit_per, reverses, refunds, hold_id, ordinality) ON ((l.ordinality = e.ordinality))));

CREATE OR REPLACE FUNCTION ledger.is_whole_reversal(app text, lines ledger.line[])
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
AS $function$
DECLARE
  is_whole boolean;
BEGIN
  EXECUTE '
    SELECT array_agg(e.id ORDER BY e.id) = (SELECT array_agg(l.reverses ORDER BY l.reverses) FROM unnest($2) l)
      FROM ledger.entries e
     WHERE e.app = $1 AND e.transaction_id = (SELECT t.transaction_id FROM ledger.entries t WHERE t.app = $1 AND t.id = $3 LIMIT 1)'
    INTO is_whole USING app, lines, lines[1].reverses;
  RETURN coalesce(is_whole, false);
END $function$;

CREATE OR REPLACE FUNCTION ledger.judge(account ledger.accounts, line ledger.line, retired text[], hold ledger.holds, at timestamp with time zone, pending ledger.entries[])
 RETURNS ledger.verdict
 LANGUAGE plpgsql
 STABLE
AS $function$
DECLARE
  verdict ledger.verdict;
  -- A capture takes what its own hold keeps: a live hold's capture is never refused for balance.
  available bigint := account.balance - account.held + account.overdraft + coalesce(hold.amount, 0);
  correction record;
BEGIN
  IF line.hold_id IS NOT NULL THEN
    verdict.refusal := ledger.judge_capture(hold, line, at);
    verdict.details := ledger.hold_json(hold, at);
  ELSIF line.reverses IS NOT NULL OR line.refunds IS NOT NULL THEN
    SELECT * INTO correction FROM ledger.judge_correction(account, line, pending);
    verdict.refusal := correction.refusal;
    verdict.details := to_json(correction.refundable);
  ELSIF line.operation = ANY (retired) THEN
    verdict.refusal := 'operation_retired';
  ELSIF line.limit_per IS NOT NULL AND ledger.is_limit_reached(account, line, at, pending) THEN
    verdict.refusal := 'limit_reached';
    verdict.details := to_json(ledger.epoch_ms((ledger.limit_window(line.limit_per, at)).ends));
  END IF;
  IF verdict.refusal IS NOT NULL THEN
    RETURN verdict;
  END IF;
  IF line.amount < 0 AND available + line.amount < 0 THEN
    RETURN ROW('insufficient_balance', to_json(available))::ledger.verdict;
  ELSIF account.balance + line.amount + account.overdraft > 9007199254740991 THEN
    RETURN ROW('balance_out_of_range', NULL)::ledger.verdict;
  END IF;
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION ledger.judge_capture(hold ledger.holds, line ledger.line, at timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
RETURN CASE WHEN (((hold).id IS NULL) OR ((hold).operation <> (line).operation)) THEN 'hold_not_found'::text WHEN ((hold).captured_by IS NOT NULL) THEN 'hold_captured'::text WHEN ((hold).released_on IS NOT NULL) THEN 'hold_released'::text WHEN ((hold).expires_on <= at) THEN 'hold_expired'::text WHEN (((line).amount < (- (hold).amount)) OR ((line).amount > '-1'::integer)) THEN 'capture_exceeded'::text ELSE NULL::text END;

CREATE OR REPLACE FUNCTION ledger.judge_correction(account ledger.accounts, line ledger.line, pending ledger.entries[], OUT refusal text, OUT refundable bigint)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
AS $function$
DECLARE
  target ledger.entries;
  reversed boolean;
  refunded bigint;
BEGIN
  EXECUTE 'SELECT * FROM ledger.entries e WHERE e.app = $1 AND e.owner_id = $2 AND e.id = $3'
    INTO target USING account.app, account.owner_id, coalesce(line.reverses, line.refunds);
  EXECUTE '
    SELECT coalesce(bool_or(e.reverses = $3), false), coalesce(sum(e.amount) FILTER (WHERE e.refunds = $3), 0)
      FROM (
        SELECT e.reverses, e.refunds, e.amount FROM ledger.entries e WHERE e.app = $1 AND e.owner_id = $2 AND e.reverses = $3
        UNION ALL
        SELECT e.reverses, e.refunds, e.amount FROM ledger.entries e WHERE e.app = $1 AND e.owner_id = $2 AND e.refunds = $3
        UNION ALL
        SELECT e.reverses, e.refunds, e.amount FROM unnest($4) e WHERE e.owner_id = $2
      ) e'
    INTO reversed, refunded USING account.app, account.owner_id, target.id, pending;
  refundable := abs(target.amount + refunded);
  refusal := CASE
    WHEN target.app IS NULL OR target.operation <> line.operation THEN 'entry_not_found'
    WHEN target.reverses IS NOT NULL OR target.refunds IS NOT NULL THEN 'not_reversible'
    WHEN reversed THEN 'already_reversed'
    WHEN line.reverses IS NOT NULL AND refunded <> 0 THEN 'already_refunded'
    WHEN line.reverses IS NOT NULL AND line.amount <> -target.amount THEN 'not_reversible'
    WHEN line.refunds IS NOT NULL AND (sign(line.amount) <> -sign(target.amount) OR abs(line.amount) > refundable) THEN 'refund_exceeded'
  END;
END $function$;

CREATE OR REPLACE FUNCTION ledger.limit_window(per text, at timestamp with time zone, OUT began timestamp with time zone, OUT ends timestamp with time zone)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
AS $function$
BEGIN
  IF per = 'lifetime' THEN
    began := '-infinity';
  ELSE
    began := date_trunc(per, at, 'UTC');
    ends := (date_trunc(per, at, 'UTC') AT TIME ZONE 'UTC' + ('1 ' || per)::interval) AT TIME ZONE 'UTC';
  END IF;
END $function$;

CREATE OR REPLACE FUNCTION ledger.live_holds(account ledger.accounts, at timestamp with time zone, pending ledger.entries[], OUT held bigint, OUT expire_on timestamp with time zone)
 RETURNS record
 LANGUAGE sql
 STABLE
AS $function$
  SELECT coalesce(sum(h.amount), 0)::bigint, min(h.expires_on)
    FROM ledger.holds h
   WHERE h.app = (account).app AND h.owner_id = (account).owner_id AND h.expires_on > at AND h.released_on IS NULL
     AND NOT EXISTS (SELECT FROM unnest(pending) e WHERE e.hold_id = h.id)
$function$;

CREATE OR REPLACE FUNCTION ledger.live_holds_of(app text, owner_ids text[])
 RETURNS json
 LANGUAGE plpgsql
 STABLE
AS $function$
DECLARE
  found json;
BEGIN
  EXECUTE '
    SELECT json_agg((
             SELECT json_agg(ledger.hold_json(live.hold, account.at) ORDER BY (live.hold).id DESC)
               FROM (SELECT greatest(ledger.now(), a.updated_on) AS at
                       FROM ledger.accounts a WHERE a.app = $1 AND a.owner_id = key.owner_id) account,
            LATERAL (SELECT h AS hold FROM ledger.holds h
                      WHERE h.app = $1 AND h.owner_id = key.owner_id
                        AND h.expires_on > account.at AND h.released_on IS NULL
                      ORDER BY h.id DESC LIMIT 100) live
           ) ORDER BY key.place)
      FROM unnest($2) WITH ORDINALITY key (owner_id, place)'
    INTO found USING app, owner_ids;
  RETURN found;
END $function$;

CREATE OR REPLACE FUNCTION ledger.lock_accounts(app text, owner_ids text[], skip_busy boolean, OUT accounts ledger.accounts[], OUT made text[])
 RETURNS record
 LANGUAGE plpgsql
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION ledger.lock_or_make_account(app text, owner_id text)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION ledger.make_accounts(app text, owner_ids text[])
 RETURNS text[]
 LANGUAGE plpgsql
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION ledger.make_free_accounts(app text, owner_ids text[])
 RETURNS text[]
 LANGUAGE plpgsql
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION ledger.make_originals(app text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  EXECUTE format('
    CREATE OR REPLACE FUNCTION ledger.%I(owner_ids text[], requests ledger.request[]) RETURNS ledger.original[] LANGUAGE plpgsql STABLE AS $$
    BEGIN
      RETURN (
        SELECT array_agg(first.original ORDER BY request.ordinality)
          FROM unnest(requests) WITH ORDINALITY request LEFT JOIN LATERAL (
            SELECT ROW(line.account, used.transaction_id, used.hold_id)::ledger.original AS original
              FROM unnest(request.lines) WITH ORDINALITY line, LATERAL (
                SELECT e.transaction_id, NULL::bigint AS hold_id FROM ledger.%I e
                 WHERE e.owner_id = owner_ids[line.account] AND e.nonce = request.nonce AND e.place = 1
                UNION ALL
                SELECT NULL, h.id FROM ledger.holds h
                 WHERE h.app = %L AND h.owner_id = owner_ids[line.account] AND h.nonce = request.nonce
              ) used
             ORDER BY line.ordinality LIMIT 1
          ) first ON true);
    END $$', 'originals_' || app, 'entries_' || app, app);
END $function$;
REVOKE ALL ON FUNCTION ledger.make_originals(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.may_use(app text)
 RETURNS boolean
 LANGUAGE sql
 STABLE
RETURN COALESCE(pg_has_role(SESSION_USER, (to_regrole(quote_ident(('ledger_'::text || app))))::oid, 'MEMBER'::text), false);

CREATE OR REPLACE FUNCTION ledger.now()
 RETURNS timestamp with time zone
 LANGUAGE sql
RETURN clock_timestamp();

CREATE OR REPLACE FUNCTION ledger.originals_app(owner_ids text[], requests ledger.request[])
 RETURNS ledger.original[]
 LANGUAGE plpgsql
 STABLE
AS $function$
    BEGIN
      RETURN (
        SELECT array_agg(first.original ORDER BY request.ordinality)
          FROM unnest(requests) WITH ORDINALITY request LEFT JOIN LATERAL (
            SELECT ROW(line.account, used.transaction_id, used.hold_id)::ledger.original AS original
              FROM unnest(request.lines) WITH ORDINALITY line, LATERAL (
                SELECT e.transaction_id, NULL::bigint AS hold_id FROM ledger.entries_app e
                 WHERE e.owner_id = owner_ids[line.account] AND e.nonce = request.nonce AND e.place = 1
                UNION ALL
                SELECT NULL, h.id FROM ledger.holds h
                 WHERE h.app = 'app' AND h.owner_id = owner_ids[line.account] AND h.nonce = request.nonce
              ) used
             ORDER BY line.ordinality LIMIT 1
          ) first ON true);
    END $function$;

CREATE OR REPLACE FUNCTION ledger.originals_of(app text, owner_ids text[], requests ledger.request[])
 RETURNS ledger.original[]
 LANGUAGE plpgsql
AS $function$
DECLARE
  originals ledger.original[];
BEGIN
  LOCK TABLE ONLY ledger.entries IN ROW EXCLUSIVE MODE;
  EXECUTE format('SELECT ledger.%I($1, $2)', 'originals_' || app) INTO originals USING owner_ids, requests;
  RETURN originals;
END $function$;

CREATE OR REPLACE FUNCTION ledger.post(app text, owner_ids text[], transactions json, dry_run boolean, skip_busy boolean DEFAULT false)
 RETURNS json
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
#variable_conflict use_variable
DECLARE
  requests ledger.request[] := (SELECT array_agg(r) FROM json_populate_recordset(NULL::ledger.request, transactions) r);
  is_repeated boolean := (SELECT count(DISTINCT r.nonce COLLATE "C") < count(*) FROM unnest(requests) r);
  originals ledger.original[];
  accounts ledger.accounts[];
  made text[];
  retired text[];
  now timestamptz;
  pending ledger.entries[] := '{}';
  answers json[] := '{}';
  request ledger.request;
  original ledger.original;
  posted_before integer; -- how many entries before the transaction's own …
  before ledger.accounts[]; -- … and the account of each of these as it was
  places integer[] := array_fill(0, ARRAY[cardinality(owner_ids)]); -- how many of these each account has
  busy integer[];
  at timestamptz;
  transaction_id uuid;
  is_whole_reversal boolean;
  line ledger.line;
  line_number integer;
  account ledger.accounts;
  hold ledger.holds;
  verdict ledger.verdict;
  entry ledger.entries;
  entries json[];
  has_captures boolean := false;
BEGIN
  PERFORM ledger.assert_may_post(app);
  SELECT * INTO accounts, made FROM ledger.lock_accounts(app, owner_ids, skip_busy);
  originals := ledger.originals_of(app, owner_ids, requests);
  retired := ledger.retired_operations(app);
  now := date_trunc('milliseconds', ledger.now());

  FOREACH request IN ARRAY requests LOOP
    IF cardinality(request.lines) BETWEEN 1 AND 100 IS NOT TRUE THEN
      RAISE EXCEPTION 'a transaction has 1 to 100 lines, not %', coalesce(cardinality(request.lines), 0)
        USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- Never earlier than the last entry of any of its accounts, whatever the clock does.
    at := now;
    busy := '{}';
    FOREACH line IN ARRAY request.lines LOOP
      IF line.account BETWEEN 1 AND cardinality(owner_ids) IS NOT TRUE THEN
        RAISE EXCEPTION 'a line names its owner by a number from 1 to %, not %', cardinality(owner_ids), line.account
          USING ERRCODE = 'invalid_parameter_value';
      END IF;
      places[line.account] := 0;
      at := greatest(at, accounts[line.account].updated_on);
      IF accounts[line.account].app IS NULL THEN
        busy := array_append(busy, line.account);
      END IF;
    END LOOP;
    IF cardinality(busy) > 0 THEN
      answers := array_append(answers, json_build_object('outcome', 'busy', 'accounts', busy));
      CONTINUE;
    END IF;

    original := originals[cardinality(answers) + 1];
    IF is_repeated THEN
      original := ledger.first_original(request, original, owner_ids, pending);
    END IF;
    IF original.account IS NOT NULL THEN
      at := greatest(now, accounts[original.account].updated_on);
      account := ledger.account_at(accounts[original.account], at, pending);
      answers := array_append(answers, ledger.duplicate_json(request, original, owner_ids, account, at, pending));
      CONTINUE;
    END IF;

    posted_before := cardinality(pending);
    transaction_id := ledger.transaction_id(request, owner_ids);
    is_whole_reversal := request.lines[1].reverses IS NOT NULL AND ledger.is_whole_reversal(app, request.lines);
    before := '{}';
    entries := '{}';
    line_number := 0;
    FOREACH line IN ARRAY request.lines LOOP
      account := ledger.account_at(accounts[line.account], at, pending);
      IF request.invalid THEN
        verdict := ROW('invalid', NULL)::ledger.verdict;
        EXIT;
      END IF;
      hold := ledger.hold_of(account, line.hold_id, pending);
      verdict := ledger.judge(account, line, retired, hold, at, pending);
      IF verdict.refusal IS NULL AND line.reverses IS NOT NULL AND NOT is_whole_reversal THEN
        verdict.refusal := 'not_reversible';
      END IF;
      EXIT WHEN verdict.refusal IS NOT NULL;

      account.balance := account.balance + line.amount;
      account.seq := account.seq + 1;
      account.updated_on := at;
      entry.app := app;
      entry.owner_id := account.owner_id;
      entry.seq := account.seq;
      entry.id := CASE WHEN dry_run THEN 0 ELSE nextval('ledger.entries_id_seq') END;
      entry.operation := line.operation;
      entry.amount := line.amount;
      entry.balance_after := account.balance;
      entry.nonce := request.nonce;
      entry.place := places[line.account] + 1;
      entry.transaction_id := transaction_id;
      entry.metadata := request.metadata;
      entry.created_on := at;
      entry.reverses := line.reverses;
      entry.refunds := line.refunds;
      entry.hold_id := line.hold_id;
      IF hold.id IS NOT NULL THEN
        has_captures := true;
        account.held := account.held - hold.amount;
        account.holds_expire_on := CASE WHEN account.held > 0 THEN account.holds_expire_on END;
      END IF;
      before := array_append(before, accounts[line.account]);
      accounts[line.account] := account;
      places[line.account] := entry.place;
      pending := array_append(pending, entry);
      entries := array_append(entries, ledger.entry_json(entry));
      line_number := line_number + 1;
    END LOOP;

    IF verdict.refusal IS NULL THEN
      answers := array_append(answers, json_build_object(
        'outcome', 'posted', 'entries', to_json(entries), 'balances', ledger.balances_json(accounts, request.lines)));
    ELSE
      IF line_number > 0 THEN
        FOR posted IN REVERSE line_number..1 LOOP
          accounts[request.lines[posted].account] := before[posted];
        END LOOP;
        pending := pending[:posted_before];
        account := ledger.account_at(accounts[line.account], at, pending);
      END IF;
      answers := array_append(answers, json_build_object(
        'outcome', verdict.refusal, 'line', line_number, 'balance', ledger.balance_json(account), 'details', verdict.details));
    END IF;
  END LOOP;

  IF dry_run THEN
    accounts := '{}';
  ELSE
    INSERT INTO ledger.entries SELECT (e).* FROM unnest(pending) e;
    IF has_captures THEN
      FOREACH entry IN ARRAY pending LOOP
        UPDATE ledger.holds h SET released_on = entry.created_on, captured_by = entry.id
         WHERE h.app = app AND h.owner_id = entry.owner_id AND h.id = entry.hold_id;
      END LOOP;
    END IF;
  END IF;
  PERFORM ledger.save_accounts(app, accounts, made);
  RETURN to_json(answers);
END $function$;
REVOKE ALL ON FUNCTION ledger.post(text, text[], json, boolean, boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION 'ledger entries are never changed or deleted'
    USING ERRCODE = 'restrict_violation', HINT = 'Post another entry that corrects this one.';
END $function$;

CREATE OR REPLACE FUNCTION ledger.release_hold(app text, owner_id text, id bigint)
 RETURNS json
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
#variable_conflict use_variable
DECLARE
  accounts ledger.accounts[];
  made text[];
  account ledger.accounts;
  at timestamptz;
  hold ledger.holds;
BEGIN
  PERFORM ledger.assert_may_post(app);
  SELECT * INTO accounts, made FROM ledger.lock_accounts(app, ARRAY[owner_id], false);
  at := greatest(date_trunc('milliseconds', ledger.now()), accounts[1].updated_on);
  account := ledger.account_at(accounts[1], at);
  hold := ledger.hold_of(account, id);
  IF hold.released_on IS NULL AND hold.expires_on > at THEN
    hold.released_on := at;
    UPDATE ledger.holds h SET released_on = at WHERE h.app = app AND h.owner_id = owner_id AND h.id = id;
    account.updated_on := at;
    SELECT * INTO account.held, account.holds_expire_on FROM ledger.live_holds(account, at, '{}');
    accounts[1] := account;
  END IF;
  PERFORM ledger.save_accounts(app, accounts, made);
  RETURN json_build_object(
    'outcome', CASE WHEN hold.id IS NULL THEN 'hold_not_found' WHEN hold.captured_by IS NOT NULL THEN 'hold_captured' ELSE 'released' END,
    'hold', CASE WHEN hold.id IS NOT NULL THEN ledger.hold_json(hold, at) END,
    'balance', ledger.balance_json(account));
END $function$;
REVOKE ALL ON FUNCTION ledger.release_hold(text, text, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.retired_operations(app text)
 RETURNS text[]
 LANGUAGE plpgsql
 STABLE
AS $function$
BEGIN
  RETURN (SELECT a.retired FROM ledger.apps a WHERE a.app = $1);
END $function$;

CREATE OR REPLACE FUNCTION ledger.save_accounts(app text, accounts ledger.accounts[], made text[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_variable
BEGIN
  INSERT INTO ledger.accounts AS a
  SELECT s.* FROM unnest(accounts) s WHERE s.app IS NOT NULL
  ON CONFLICT ON CONSTRAINT accounts_pkey DO UPDATE
     SET balance = excluded.balance, overdraft = excluded.overdraft, held = excluded.held,
         holds_expire_on = excluded.holds_expire_on, seq = excluded.seq, updated_on = excluded.updated_on
   WHERE a IS DISTINCT FROM excluded;
  IF made IS NOT NULL THEN
    DELETE FROM ledger.accounts a
     WHERE a.app = app AND a.owner_id = ANY (made) AND a.seq = 0 AND a.held = 0 AND a.overdraft = 0;
  END IF;
END $function$;

CREATE OR REPLACE FUNCTION ledger.seq_at(app text, owner_id text, moment timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql
 STABLE
AS $function$
DECLARE
  low bigint := 0;
  high bigint := coalesce((SELECT a.seq FROM ledger.accounts a WHERE a.app = $1 AND a.owner_id = $2), 0);
  middle bigint;
  is_later boolean;
BEGIN
  WHILE low < high LOOP
    middle := (low + high + 1) / 2;
    EXECUTE 'SELECT e.created_on > $4 FROM ledger.entries e WHERE e.app = $1 AND e.owner_id = $2 AND e.seq = $3'
      INTO is_later USING app, owner_id, middle, moment;
    IF is_later THEN
      high := middle - 1;
    ELSE
      low := middle;
    END IF;
  END LOOP;
  RETURN low;
END $function$;

CREATE OR REPLACE FUNCTION ledger.set_operations(app text, operations text[], retired text[] DEFAULT '{}'::text[])
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
#variable_conflict use_column
DECLARE
  declared ALIAS FOR $2;
  retiring ALIAS FOR $3;
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
      PRIMARY KEY (owner_id, seq), UNIQUE (owner_id, nonce, place))', partition_name, $1);
    EXECUTE format('CREATE UNIQUE INDEX ON ledger.%I (reverses) WHERE reverses IS NOT NULL', partition_name);
    EXECUTE format('CREATE UNIQUE INDEX ON ledger.%I (hold_id) WHERE hold_id IS NOT NULL', partition_name);
    EXECUTE format('ALTER TABLE ledger.entries ATTACH PARTITION ledger.%I FOR VALUES IN (%L)', partition_name, $1);
    EXECUTE format('ALTER TABLE ledger.%I DROP CONSTRAINT %I', partition_name, partition_name || '_app_check');
    EXECUTE format('CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON ledger.%I
      FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change()', partition_name);
    PERFORM ledger.make_originals($1);
  ELSE
    EXECUTE format('ALTER TABLE ledger.%I RENAME CONSTRAINT %I TO %I', partition_name, check_name, check_name || '_before');
  END IF;

  -- NOT VALID: entries of the past passed the check before, so that a long table need not be read again.
  EXECUTE format('ALTER TABLE ledger.%I ADD CONSTRAINT %I CHECK (operation = ANY (%L::text[])) NOT VALID',
    partition_name, check_name, declared);
  EXECUTE format('ALTER TABLE ledger.%I DROP CONSTRAINT IF EXISTS %I', partition_name, check_name || '_before');

  SELECT array_agg(o) INTO faulty FROM unnest(before) o
   WHERE o <> ALL (declared)
     AND (EXISTS (SELECT FROM ledger.entries e WHERE e.app = $1 AND e.operation = o)
          OR EXISTS (SELECT FROM ledger.holds h WHERE h.app = $1 AND h.operation = o));
  IF faulty IS NOT NULL THEN
    RAISE EXCEPTION 'app % has entries or holds of the operations that the list drops: %', $1, array_to_string(faulty, ', ')
      USING ERRCODE = 'restrict_violation', HINT = 'An operation that was used stays declared. To stop its postings, retire it: retired: true in operations.ts.';
  END IF;

  UPDATE ledger.apps a
     SET retired = retiring,
         operations = (SELECT array_agg(o ORDER BY first) FROM (SELECT o, min(i) first FROM unnest(declared) WITH ORDINALITY d (o, i) GROUP BY o) distinct_operations),
         updated_on = date_trunc('milliseconds', ledger.now())
   WHERE a.app = $1;
END $function$;
REVOKE ALL ON FUNCTION ledger.set_operations(text, text[], text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.set_overdraft(app text, owner_id text, overdraft bigint)
 RETURNS json
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
DECLARE
  accounts ledger.accounts[];
  made text[];
  account ledger.accounts;
  at timestamptz;
  outcome text;
BEGIN
  PERFORM ledger.assert_may_post(app);
  SELECT * INTO accounts, made FROM ledger.lock_accounts(app, ARRAY[owner_id], false);
  at := greatest(date_trunc('milliseconds', ledger.now()), accounts[1].updated_on);
  account := ledger.account_at(accounts[1], at);
  outcome := CASE
    WHEN account.balance - account.held + overdraft < 0 THEN 'overdraft_in_use'
    WHEN account.balance + overdraft > 9007199254740991 THEN 'balance_out_of_range'
    ELSE 'set'
  END;
  IF outcome = 'set' THEN
    account.overdraft := overdraft;
    account.updated_on := at;
    accounts[1] := account;
  END IF;
  PERFORM ledger.save_accounts(app, accounts, made);
  RETURN json_build_object('outcome', outcome, 'balance', ledger.balance_json(account));
END $function$;
REVOKE ALL ON FUNCTION ledger.set_overdraft(text, text, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.shared_operations()
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE
RETURN ARRAY['DAILY_REWARD'::text, 'SIGNUP_CREDIT'::text, 'CREDIT_SPEND'::text, 'CREDIT_ADD'::text];

CREATE OR REPLACE FUNCTION ledger.summary(app text, owner_id text, after timestamp with time zone, until timestamp with time zone, per text, operations text[])
 RETURNS json
 LANGUAGE plpgsql
 STABLE
AS $function$
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
         WHERE e.app = $1 AND e.created_on > $3 AND e.created_on <= $4
           AND ($5 IS NULL OR e.operation = ANY ($5))
           AND ($6 IS NULL OR e.owner_id = $6 AND e.seq > $7 AND e.seq <= $8)
         GROUP BY e.operation, kind.start
      ) sums'
    INTO lines
    USING app, per, after, until, operations, owner_id,
          ledger.seq_at(app, owner_id, after), ledger.seq_at(app, owner_id, until);
  RETURN lines;
END $function$;

CREATE OR REPLACE FUNCTION ledger.transaction_entries(app text, transaction_id uuid)
 RETURNS ledger.entries[]
 LANGUAGE plpgsql
 STABLE
AS $function$
DECLARE
  entries ledger.entries[];
BEGIN
  EXECUTE 'SELECT array_agg(e ORDER BY e.id) FROM ledger.entries e WHERE e.app = $1 AND e.transaction_id = $2'
    INTO entries USING app, transaction_id;
  RETURN entries;
END $function$;

CREATE OR REPLACE FUNCTION ledger.transaction_id(request ledger.request, owner_ids text[])
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE
RETURN ledger.transaction_id((request).id, (owner_ids)[(request).lines[1].account], (request).nonce);

CREATE OR REPLACE FUNCTION ledger.transaction_id(attempt uuid, owner_id text, nonce text)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE
RETURN (OVERLAY(OVERLAY(md5(concat(attempt, ' ', char_length(owner_id), ' ', owner_id, nonce)) PLACING '8'::text FROM 17 FOR 1) PLACING (replace("left"((attempt)::text, 13), '-'::text, ''::text) || '7'::text) FROM 1 FOR 13))::uuid;
