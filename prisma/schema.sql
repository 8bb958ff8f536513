-- The ledger's schema as its migrations leave it, with one app, which is called "app". For readers: nothing runs it.
-- Written by npm run print:database.

CREATE DOMAIN ledger.account_state AS text CONSTRAINT account_state_name CHECK (VALUE = ANY (ARRAY['SPENDING_FROZEN'::text, 'FROZEN'::text, 'CLOSED'::text]));

CREATE DOMAIN ledger.credits AS bigint CONSTRAINT credits_range CHECK (VALUE >= '-9007199254740991'::bigint AND VALUE <= '9007199254740991'::bigint);

CREATE DOMAIN ledger.credits_from_0 AS bigint CONSTRAINT credits_from_0_range CHECK (VALUE >= 0 AND VALUE <= '9007199254740991'::bigint);

CREATE DOMAIN ledger.credits_from_1 AS bigint CONSTRAINT credits_from_1_range CHECK (VALUE >= 1 AND VALUE <= '9007199254740991'::bigint);

CREATE DOMAIN ledger.hash AS bytea CONSTRAINT hash_length CHECK (octet_length(VALUE) = 32);

CREATE DOMAIN ledger.lot_kind AS text COLLATE "C" CONSTRAINT lot_kind_name CHECK (VALUE = ANY (ARRAY['paid'::text, 'promotional'::text]));

CREATE DOMAIN ledger.lot_priority AS smallint CONSTRAINT lot_priority_range CHECK (VALUE >= 0 AND VALUE <= 100);

CREATE DOMAIN ledger.metadata AS jsonb CONSTRAINT metadata_shape CHECK (VALUE = '{}'::jsonb OR ledger.is_metadata(VALUE));

CREATE DOMAIN ledger.nonce AS text COLLATE "C" CONSTRAINT nonce_length CHECK (char_length(VALUE) >= 1 AND char_length(VALUE) <= 255);

CREATE DOMAIN ledger.place AS integer CONSTRAINT place_range CHECK (VALUE >= 1 AND VALUE <= 100);

CREATE DOMAIN ledger.seq_from_0 AS bigint CONSTRAINT seq_from_0_range CHECK (VALUE >= 0);

CREATE DOMAIN ledger.seq_from_1 AS bigint CONSTRAINT seq_from_1_range CHECK (VALUE >= 1);

CREATE TABLE ledger.accounts (
  book text COLLATE "C" NOT NULL,
  owner_id text COLLATE "C" NOT NULL,
  balance ledger.credits NOT NULL DEFAULT 0,
  overdraft ledger.credits_from_0 NOT NULL DEFAULT 0,
  held ledger.credits_from_0 NOT NULL DEFAULT 0,
  holds_expire_on timestamp(3) with time zone,
  seq ledger.seq_from_0 NOT NULL DEFAULT 0,
  created_on timestamp(3) with time zone NOT NULL,
  updated_on timestamp(3) with time zone NOT NULL,
  head ledger.hash NOT NULL,
  state ledger.account_state,
  lots_expire_on timestamp(3) with time zone,
  CONSTRAINT accounts_pkey PRIMARY KEY (book, owner_id),
  CONSTRAINT accounts_available CHECK ((balance::bigint - held::bigint + overdraft::bigint) >= 0),
  CONSTRAINT accounts_held CHECK ((held::bigint = 0) = (holds_expire_on IS NULL)),
  CONSTRAINT accounts_overdraft CHECK ((balance::bigint + overdraft::bigint) <= '9007199254740991'::bigint),
  CONSTRAINT accounts_owner_id CHECK (char_length(owner_id) >= 1 AND char_length(owner_id) <= 255)
) WITH (fillfactor=70);

ALTER TABLE ledger.accounts ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_book ON ledger.accounts USING (ledger.may_use_book(book));

CREATE TABLE ledger.apps (
  app text NOT NULL,
  operations text[] NOT NULL,
  retired text[] NOT NULL DEFAULT '{}'::text[],
  updated_on timestamp(3) with time zone NOT NULL DEFAULT date_trunc('milliseconds'::text, ledger.now()),
  books jsonb NOT NULL DEFAULT '{}'::jsonb,
  last_verify jsonb,
  CONSTRAINT apps_pkey PRIMARY KEY (app),
  CONSTRAINT apps_name CHECK (app ~ '^[a-z][a-z0-9_]{0,39}$'::text)
);

ALTER TABLE ledger.apps ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_app ON ledger.apps USING (ledger.may_use(app));

CREATE TABLE ledger.books (
  book text COLLATE "C" NOT NULL,
  app text NOT NULL,
  apps text[] NOT NULL,
  CONSTRAINT books_pkey PRIMARY KEY (book),
  CONSTRAINT books_apps CHECK (app = ANY (apps)),
  CONSTRAINT books_name CHECK (book ~ '^[a-z][a-z0-9_]{0,39}$'::text)
);

ALTER TABLE ledger.books ENABLE ROW LEVEL SECURITY;

CREATE TABLE ledger.entries (
  app text NOT NULL,
  book text COLLATE "C" NOT NULL,
  owner_id text COLLATE "C" NOT NULL,
  seq ledger.seq_from_1 NOT NULL,
  id bigint NOT NULL DEFAULT nextval('ledger.entries_id_seq'::regclass),
  operation text NOT NULL,
  amount ledger.credits NOT NULL,
  balance_after ledger.credits NOT NULL,
  nonce ledger.nonce COLLATE "C" NOT NULL,
  place ledger.place NOT NULL DEFAULT 1,
  transaction_id uuid NOT NULL,
  metadata ledger.metadata NOT NULL DEFAULT '{}'::jsonb,
  created_on timestamp(3) with time zone NOT NULL,
  reverses bigint,
  refunds bigint,
  hold_id bigint,
  hash ledger.hash NOT NULL DEFAULT ledger.refuse_unchained(),
  CONSTRAINT entries_kind CHECK (num_nonnulls(reverses, refunds, hold_id) <= 1)
) PARTITION BY LIST (app);

CREATE INDEX entries_created_on_idx ON ONLY ledger.entries USING brin (created_on);

CREATE INDEX entries_id_idx ON ONLY ledger.entries USING btree (id);

CREATE INDEX entries_operation_idx ON ONLY ledger.entries USING btree (book, owner_id, operation, num_nonnulls(reverses, refunds, hold_id), seq);

CREATE INDEX entries_refunds_idx ON ONLY ledger.entries USING btree (owner_id, refunds) WHERE refunds IS NOT NULL;

CREATE INDEX entries_transaction_id_idx ON ONLY ledger.entries USING btree (transaction_id);

CREATE TRIGGER entries_append_only BEFORE DELETE OR UPDATE ON ledger.entries FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();

CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON ledger.entries FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

ALTER TABLE ledger.entries ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_app ON ledger.entries USING (ledger.may_use(app));

CREATE TABLE ledger.entries_app PARTITION OF ledger.entries (
  CONSTRAINT entries_app_book_owner_id_nonce_place_key UNIQUE (book, owner_id, nonce, place),
  CONSTRAINT entries_app_pkey PRIMARY KEY (book, owner_id, seq),
  CONSTRAINT entries_app_operations CHECK (book = 'app'::text AND (operation = ANY ('{DAILY_REWARD,SIGNUP_CREDIT,CREDIT_SPEND,CREDIT_ADD}'::text[]))) NOT VALID
) FOR VALUES IN ('app');

CREATE INDEX entries_app_owner_id_hold_id_seq_idx ON ledger.entries_app USING btree (owner_id, hold_id, seq) WHERE hold_id IS NOT NULL;

CREATE UNIQUE INDEX entries_app_owner_id_reverses_idx ON ledger.entries_app USING btree (owner_id, reverses) WHERE reverses IS NOT NULL;

CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON ledger.entries_app FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

CREATE SEQUENCE ledger.entries_id_seq;

CREATE TABLE ledger.holds (
  app text NOT NULL,
  book text COLLATE "C" NOT NULL,
  owner_id text COLLATE "C" NOT NULL,
  id bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY,
  operation text NOT NULL,
  amount ledger.credits_from_1 NOT NULL,
  nonce ledger.nonce COLLATE "C" NOT NULL,
  metadata ledger.metadata NOT NULL DEFAULT '{}'::jsonb,
  created_on timestamp(3) with time zone NOT NULL,
  expires_on timestamp(3) with time zone NOT NULL,
  released_on timestamp(3) with time zone,
  captured_by bigint,
  captured ledger.credits_from_0 NOT NULL DEFAULT 0,
  first_expires_on timestamp(3) with time zone,
  CONSTRAINT holds_nonce_key UNIQUE (book, owner_id, app, nonce),
  CONSTRAINT holds_pkey PRIMARY KEY (book, owner_id, id),
  CONSTRAINT holds_captured CHECK (captured::bigint <= amount::bigint AND (captured::bigint < amount::bigint OR released_on IS NOT NULL)),
  CONSTRAINT holds_captured_by CHECK (captured_by IS NULL OR released_on IS NOT NULL),
  CONSTRAINT holds_expires_on CHECK (expires_on > created_on AND (expires_on - created_on) <= '365 days'::interval),
  CONSTRAINT holds_owner_id CHECK (char_length(owner_id) >= 1 AND char_length(owner_id) <= 255)
);

CREATE INDEX holds_expires_on_idx ON ledger.holds USING btree (book, owner_id, expires_on);

CREATE INDEX holds_id_idx ON ledger.holds USING btree (id);

CREATE INDEX holds_operation_idx ON ledger.holds USING btree (book, owner_id, app, operation, created_on);

ALTER TABLE ledger.holds ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_app ON ledger.holds USING (ledger.may_use(app));

CREATE TABLE ledger.keys (
  app text NOT NULL,
  id text COLLATE "C" NOT NULL,
  name text NOT NULL,
  scopes text[] NOT NULL,
  owner_id text COLLATE "C",
  hash bytea NOT NULL,
  created_on timestamp(3) with time zone NOT NULL DEFAULT date_trunc('milliseconds'::text, ledger.now()),
  expires_on timestamp(3) with time zone,
  last_used_on timestamp(3) with time zone,
  revoked_on timestamp(3) with time zone,
  CONSTRAINT keys_pkey PRIMARY KEY (app, id),
  CONSTRAINT keys_expires_on CHECK (expires_on > created_on),
  CONSTRAINT keys_hash CHECK (octet_length(hash) = 32),
  CONSTRAINT keys_id CHECK (id ~ '^[0-9A-Za-z]{12}$'::text),
  CONSTRAINT keys_kind CHECK ((owner_id IS NULL) = (cardinality(scopes) > 0)),
  CONSTRAINT keys_name CHECK (name ~ '^[^[:cntrl:]]{1,100}$'::text),
  CONSTRAINT keys_owner_id CHECK (char_length(owner_id) >= 1 AND char_length(owner_id) <= 255),
  CONSTRAINT keys_scopes CHECK (scopes <@ ARRAY['read'::text, 'post'::text, 'correct'::text, 'admin'::text])
);

ALTER TABLE ledger.keys ENABLE ROW LEVEL SECURITY;

CREATE TABLE ledger.limit_windows (
  app text NOT NULL,
  book text COLLATE "C" NOT NULL,
  owner_id text COLLATE "C" NOT NULL,
  operation text NOT NULL,
  began timestamp(3) with time zone NOT NULL,
  CONSTRAINT limit_windows_pkey PRIMARY KEY (book, owner_id, app, operation)
);

ALTER TABLE ledger.limit_windows ENABLE ROW LEVEL SECURITY;

CREATE TABLE ledger.lot_holds (
  book text COLLATE "C" NOT NULL,
  owner_id text COLLATE "C" NOT NULL,
  hold_id bigint NOT NULL,
  lot_id bigint NOT NULL,
  amount ledger.credits_from_0 NOT NULL,
  CONSTRAINT lot_holds_pkey PRIMARY KEY (book, owner_id, hold_id, lot_id)
);

CREATE INDEX lot_holds_lot_idx ON ledger.lot_holds USING btree (book, owner_id, lot_id);

ALTER TABLE ledger.lot_holds ENABLE ROW LEVEL SECURITY;

CREATE TABLE ledger.lot_uses (
  book text COLLATE "C" NOT NULL,
  owner_id text COLLATE "C" NOT NULL,
  entry_id bigint NOT NULL,
  seq ledger.seq_from_1 NOT NULL,
  place integer NOT NULL,
  lot_id bigint NOT NULL,
  amount ledger.credits NOT NULL,
  returns bigint,
  CONSTRAINT lot_uses_pkey PRIMARY KEY (book, owner_id, entry_id, place, lot_id),
  CONSTRAINT lot_uses_amount CHECK (amount::bigint <> 0)
);

CREATE INDEX lot_uses_lot_idx ON ledger.lot_uses USING btree (book, owner_id, lot_id, seq, place);

CREATE INDEX lot_uses_returns_idx ON ledger.lot_uses USING btree (book, owner_id, returns) WHERE returns IS NOT NULL;

ALTER TABLE ledger.lot_uses ENABLE ROW LEVEL SECURITY;

CREATE TABLE ledger.lots (
  app text NOT NULL,
  book text COLLATE "C" NOT NULL,
  owner_id text COLLATE "C" NOT NULL,
  id bigint NOT NULL DEFAULT nextval('ledger.lots_id_seq'::regclass),
  entry_id bigint,
  seq ledger.seq_from_0 NOT NULL,
  amount ledger.credits_from_1 NOT NULL,
  rest ledger.credits_from_0 NOT NULL,
  priority ledger.lot_priority NOT NULL,
  kind ledger.lot_kind COLLATE "C" NOT NULL,
  created_on timestamp(3) with time zone NOT NULL,
  expires_on timestamp(3) with time zone,
  first_expires_on timestamp(3) with time zone,
  CONSTRAINT lots_pkey PRIMARY KEY (book, owner_id, id),
  CONSTRAINT lots_rest CHECK (rest::bigint <= amount::bigint)
) WITH (fillfactor=70);

CREATE INDEX lots_id_idx ON ledger.lots USING btree (id);

CREATE INDEX lots_order_idx ON ledger.lots USING btree (book, owner_id, priority, expires_on, kind DESC, seq, id) WHERE rest::bigint > 0;

CREATE INDEX lots_seq_idx ON ledger.lots USING btree (book, owner_id, seq, id);

ALTER TABLE ledger.lots ENABLE ROW LEVEL SECURITY;

CREATE SEQUENCE ledger.lots_id_seq;

CREATE OR REPLACE FUNCTION ledger.account_entries(app text, book text, owner_id text, above bigint, below bigint, descending boolean, size integer)
 RETURNS json
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.account_entries(text, text, text, bigint, bigint, boolean, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.account_now(book text, owner_id text)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE
AS $function$
DECLARE
  updated_on timestamptz;
BEGIN
  EXECUTE 'SELECT a.updated_on FROM ledger.accounts a WHERE a.book = $1 AND a.owner_id = $2' INTO updated_on USING book, owner_id;
  RETURN greatest(ledger.now(), updated_on);
END $function$;
REVOKE ALL ON FUNCTION ledger.account_now(text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.accounts_page(book text, prefix text, after text, before text, backward boolean, size integer)
 RETURNS json
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
  account record;
  accounts json[] := '{}';
  now timestamptz := ledger.now();
BEGIN
  IF NOT ledger.may_use_book(book) THEN
    RETURN '[]';
  END IF;
  FOR account IN EXECUTE format('
    SELECT a.owner_id, (a.balance - %s)::bigint AS balance, a.overdraft, a.state, a.seq, a.created_on, a.updated_on, %s AS held
      FROM ledger.accounts a
     WHERE a.book = $1 AND a.owner_id ^@ $2 AND a.owner_id > $3 AND ($4 IS NULL OR a.owner_id < $4)
     ORDER BY a.owner_id %s LIMIT $5', ledger.expired_credits('$6'), ledger.held_credits('$6'), CASE WHEN backward THEN 'DESC' ELSE 'ASC' END)
    USING book, prefix, after, before, size, now
  LOOP
    accounts := array_append(accounts, json_build_object(
      'balance', ledger.balance_json(account.owner_id, account.balance, account.overdraft, account.held, account.state),
      'entryCount', account.seq,
      'createdOn', ledger.epoch_ms(account.created_on),
      'updatedOn', ledger.epoch_ms(account.updated_on)));
  END LOOP;
  RETURN to_json(accounts);
END $function$;
REVOKE ALL ON FUNCTION ledger.accounts_page(text, text, text, text, boolean, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.amounts_at(app text, owner_ids text[], moments timestamp with time zone[], book text DEFAULT NULL::text)
 RETURNS json
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.amounts_at(text, text[], timestamp with time zone[], text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.anchored_window(app text, book text, owner_id text, operation text, per text, at timestamp with time zone, OUT began timestamp with time zone, OUT ends timestamp with time zone)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
AS $function$
#variable_conflict use_variable
DECLARE
  lasts CONSTANT interval := CASE per WHEN 'hour' THEN '1 hour' WHEN 'day' THEN '24 hours' WHEN 'week' THEN '168 hours' END;
BEGIN
  SELECT w.began INTO began FROM ledger.limit_windows w
   WHERE w.book = book AND w.owner_id = owner_id AND w.app = app AND w.operation = operation AND w.began > at - lasts;
  began := coalesce(began, at);
  ends := began + lasts;
END $function$;
REVOKE ALL ON FUNCTION ledger.anchored_window(text, text, text, text, text, timestamp with time zone) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.app_entries(app text, book text, above bigint, below bigint, after timestamp with time zone, until timestamp with time zone, operations text[], metadata jsonb, descending boolean, size integer, examined integer)
 RETURNS json
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
#variable_conflict use_variable
DECLARE
  direction CONSTANT text := CASE WHEN descending THEN 'DESC' ELSE 'ASC' END;
  entries json;
  count bigint;
  stop bigint;
  stop_on timestamptz;
  is_within_time boolean := num_nonnulls(after, until) = 0;
BEGIN
  IF NOT (ledger.may_use(app) OR ledger.reads_all()) THEN
    RETURN NULL;
  END IF;
  PERFORM ledger.assert_ordered();
  LOOP
    EXECUTE format('
      SELECT count(*), json_agg(ledger.entry_json(
               e.id, e.owner_id, e.seq, e.operation, e.amount, e.balance_after, e.nonce, e.transaction_id, e.metadata, e.created_on,
               e.reverses, e.refunds, e.hold_id, e.book) ORDER BY e.id %1$s)
        FROM (SELECT e.* FROM (
                SELECT e.* FROM ledger.entries e WHERE e.app = $1 AND e.id > $2 AND e.id < $3 ORDER BY e.id %1$s LIMIT $4) e
               WHERE ($5 IS NULL OR e.book = $5) AND ($6 IS NULL OR e.created_on > $6) AND ($7 IS NULL OR e.created_on <= $7)
                 AND ($8 IS NULL OR e.operation = ANY ($8)) AND ($9 IS NULL OR e.metadata @> $9)
               ORDER BY e.id %1$s LIMIT $10) e', direction)
      INTO count, entries USING app, above, below, examined, book, after, until, operations, metadata, size;
    EXIT WHEN count = size;
    EXECUTE format('
      SELECT e.id, e.created_on FROM ledger.entries e WHERE e.app = $1 AND e.id > $2 AND e.id < $3 ORDER BY e.id %s OFFSET $4 LIMIT 1', direction)
      INTO stop, stop_on USING app, above, below, examined - 1;
    EXIT WHEN stop IS NULL OR count > 0 OR is_within_time OR coalesce(stop_on > after, true) AND coalesce(stop_on <= until, true);
    IF descending THEN
      below := stop;
    ELSE
      above := stop;
    END IF;
    EXECUTE format('
      SELECT %s(e.id + 0) FROM ledger.entries e
       WHERE e.app = $1 AND e.id > $2 AND e.id < $3 AND ($4 IS NULL OR e.created_on > $4) AND ($5 IS NULL OR e.created_on <= $5)',
      CASE WHEN descending THEN 'max' ELSE 'min' END)
      INTO stop USING app, above, below, after, until;
    EXIT WHEN stop IS NULL;
    IF descending THEN
      below := stop + 1;
    ELSE
      above := stop - 1;
    END IF;
    is_within_time := true;
  END LOOP;
  RETURN json_build_object('found', entries, 'last', CASE WHEN count < size THEN stop::text END);
END $function$;
REVOKE ALL ON FUNCTION ledger.app_entries(text, text, bigint, bigint, timestamp with time zone, timestamp with time zone, text[], jsonb, boolean, integer, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.append_app(owner_id text, attempt uuid, nonce text, metadata text, operation text, amount bigint, requested bigint, skip_busy boolean DEFAULT false, lock_ms integer DEFAULT NULL::integer, book text DEFAULT 'app'::text)
 RETURNS json
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
#variable_conflict use_variable
DECLARE
  app CONSTANT text := 'app';
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
  IF false THEN
    shard := ledger.own_shard(app, ARRAY[owner_id]);
    IF shard IS NOT NULL THEN
      EXECUTE format('SELECT ledger.append_%s($1, $2, $3, $4, $5, $6, $7, $8, NULL, $9)', shard)
         INTO answer USING owner_id, attempt, nonce, metadata, operation, amount, requested, skip_busy, book;
      RETURN answer;
    END IF; -- otherwise ledger.post_app posts it: each statement costs more than the judgement
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
  IF NOT false AND NOT false THEN
    LOCK TABLE ONLY ledger.entries IN ROW EXCLUSIVE MODE;
  END IF;
  IF at < ledger.now() THEN
    at := date_trunc('milliseconds', ledger.now());
  END IF;
  IF state IS NULL AND NOT has_lots AND (expiry IS NULL OR expiry > at) AND (amount >= 0 OR balance - held + overdraft >= 0) AND balance + overdraft <= 9007199254740991 THEN
    transaction_id := ledger.transaction_id(attempt, owner_id, nonce, nullif(book, app));
    INSERT INTO ledger.entries_app AS e (
      app, book, owner_id, seq, id, operation, amount, balance_after, nonce, transaction_id, metadata, created_on, hash)
    SELECT app, book, owner_id, seq, n.id, operation, amount, balance, nonce, transaction_id, n.metadata, at,
           ledger.next_hash(head, ledger.entry_form(
             app, book, owner_id, seq, n.id, operation, amount, balance, nonce, 1, transaction_id, n.metadata, at, NULL, NULL, NULL))
      FROM (SELECT nextval('ledger.entries_id_seq') AS id, coalesce(metadata, '{}')::jsonb AS metadata) n
     WHERE (SELECT e.nonce FROM ledger.entries_app e
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
  RETURN ledger.post_app(owner_id, ARRAY[owner_id], ARRAY[1], json_build_object(
    'book', CASE WHEN book <> app THEN ARRAY[book] END, 'id', ARRAY[attempt], 'nonce', ARRAY[nonce], 'metadata', ARRAY[metadata], 'request', ARRAY[1], 'account', ARRAY[1],
    'operation', ARRAY[operation], 'amount', ARRAY[amount], 'requested', ARRAY[requested]), skip_busy, lock_ms);
END $function$;
REVOKE ALL ON FUNCTION ledger.append_app(text, uuid, text, text, text, bigint, bigint, boolean, integer, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.append_template(owner_id text, attempt uuid, nonce text, metadata text, operation text, amount bigint, requested bigint, skip_busy boolean DEFAULT false, lock_ms integer DEFAULT NULL::integer, book text DEFAULT 'template'::text)
 RETURNS json
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.append_template(text, uuid, text, text, text, bigint, bigint, boolean, integer, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.apps_of(book text)
 RETURNS text[]
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
#variable_conflict use_variable
BEGIN
  IF ledger.is_cluster() THEN
    PERFORM set_config('citus.allow_nested_distributed_execution', 'on', true);
  END IF;
  RETURN coalesce((
    SELECT b.apps FROM ledger.books b
     WHERE b.book = book
       AND (EXISTS (SELECT FROM unnest(b.apps) app WHERE ledger.may_use(app)) OR ledger.reads_all())), '{}');
END $function$;
REVOKE ALL ON FUNCTION ledger.apps_of(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.assert_accounts(owner_ids text[], books text[], parts integer[], accounts integer[])
 RETURNS void
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.assert_accounts(text[], text[], integer[], integer[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.assert_app_name(app text)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.assert_app_name(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.assert_books(app text, books text[])
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
#variable_conflict use_variable
DECLARE
  book text;
BEGIN
  FOREACH book IN ARRAY books LOOP
    IF book IS DISTINCT FROM app AND NOT EXISTS (SELECT FROM ledger.books b WHERE b.book = book AND app = ANY (b.apps)) THEN
      RAISE EXCEPTION 'the app % may not use the book %', app, book USING ERRCODE = 'insufficient_privilege';
    END IF;
  END LOOP;
END $function$;
REVOKE ALL ON FUNCTION ledger.assert_books(text, text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.assert_declared(app text, book text, operation text)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
#variable_conflict use_variable
BEGIN
  IF NOT EXISTS (SELECT FROM ledger.apps a WHERE a.app = app AND operation = ANY (a.operations) AND coalesce(a.books ->> operation, app) = book) THEN
    RAISE EXCEPTION 'the app % does not declare the operation % in the book %', app, operation, book USING ERRCODE = 'check_violation';
  END IF;
END $function$;
REVOKE ALL ON FUNCTION ledger.assert_declared(text, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.assert_may_use(app text)
 RETURNS void
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  IF NOT (pg_has_role(session_user, current_user, 'MEMBER') OR ledger.may_use(app)) THEN
    RAISE EXCEPTION 'permission denied for the keys of %', app USING ERRCODE = 'insufficient_privilege';
  END IF;
END $function$;
REVOKE ALL ON FUNCTION ledger.assert_may_use(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.assert_ordered()
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
BEGIN
  IF ledger.is_distributed() THEN
    RAISE EXCEPTION 'the entries of a whole app have no order on a cluster' USING ERRCODE = 'feature_not_supported';
  END IF;
END $function$;
REVOKE ALL ON FUNCTION ledger.assert_ordered() FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.await_commits()
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.await_commits() FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.balance_json(owner_id text, balance bigint, overdraft bigint, held bigint, state text)
 RETURNS json
 LANGUAGE sql
 IMMUTABLE
RETURN json_build_object('ownerId', owner_id, 'amount', balance, 'overdraft', overdraft, 'held', held, 'available', ((balance - held) + overdraft), 'state', COALESCE(state, 'OPEN'::text));
REVOKE ALL ON FUNCTION ledger.balance_json(text, bigint, bigint, bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.balances(book text, owner_ids text[])
 RETURNS json
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET plan_cache_mode TO 'force_custom_plan'
 SET enable_seqscan TO 'off'
AS $function$
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
        SELECT a.owner_id, (a.balance - %s)::bigint AS balance, a.overdraft, (%s)::bigint AS held,
               a.holds_expire_on, a.lots_expire_on, a.state
          FROM ledger.accounts a WHERE a.book = $1 AND a.owner_id = $2', ledger.expired_credits('$3'), ledger.held_credits('$3'))
        INTO account USING book, account.owner_id, now;
    END IF;
    balances := array_append(balances, ledger.balance_json(account.owner_id, account.balance, account.overdraft, account.held, account.state));
  END LOOP;
  RETURN to_json(balances);
END $function$;
REVOKE ALL ON FUNCTION ledger.balances(text, text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.begin_window(app text, book text, owner_id text, operation text, per text, at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.begin_window(text, text, text, text, text, timestamp with time zone) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.capture_hold(app text, book text, owner_id text, id bigint, entry_id bigint, amount bigint, keeps boolean, at timestamp with time zone, OUT hold json)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_variable
DECLARE
  captured_hold record;
BEGIN
  UPDATE ledger.holds h
     SET captured = h.captured + amount,
         released_on = CASE WHEN keeps AND h.captured + amount < h.amount THEN NULL ELSE at END,
         captured_by = CASE WHEN keeps AND h.captured + amount < h.amount THEN NULL ELSE entry_id END
   WHERE h.app = app AND h.book = book AND h.owner_id = owner_id AND h.id = id
  RETURNING h.* INTO STRICT captured_hold;
  hold := ledger.hold_json(captured_hold.id, captured_hold.owner_id, captured_hold.operation, captured_hold.amount, captured_hold.captured,
                           captured_hold.nonce, captured_hold.metadata, captured_hold.created_on, captured_hold.expires_on,
                           captured_hold.released_on, captured_hold.captured_by, at, captured_hold.book);
END $function$;
REVOKE ALL ON FUNCTION ledger.capture_hold(text, text, text, bigint, bigint, bigint, boolean, timestamp with time zone) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.captures_of(app text, owner_ids text[], hold_ids bigint[], book text DEFAULT NULL::text)
 RETURNS json
 LANGUAGE plpgsql
 STABLE
AS $function$
DECLARE
  captures json;
  found json[] := '{}';
BEGIN
  FOR n IN 1..cardinality(owner_ids) LOOP
    EXECUTE '
      SELECT json_agg(ledger.entry_json(e.id, e.owner_id, e.seq, e.operation, e.amount, e.balance_after, e.nonce, e.transaction_id,
                              e.metadata, e.created_on, e.reverses, e.refunds, e.hold_id, e.book) ORDER BY e.seq)
        FROM (SELECT * FROM ledger.entries e
               WHERE e.app = $1 AND e.book = $2 AND e.owner_id = $3 AND e.hold_id BETWEEN $4 AND $4
               ORDER BY e.owner_id, e.hold_id, e.seq LIMIT 100) e'
      INTO captures USING app, coalesce(book, app), owner_ids[n], hold_ids[n];
    found := array_append(found, captures);
  END LOOP;
  RETURN to_json(found);
END $function$;
REVOKE ALL ON FUNCTION ledger.captures_of(text, text[], bigint[], text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.chain_start(book text, owner_id text)
 RETURNS bytea
 LANGUAGE sql
 STABLE
RETURN sha256((('\x7368617265642d6c65646765722f6163636f756e742f31'::bytea || int4send(octet_length(book))) || convert_to((book || owner_id), 'UTF8'::name)));
REVOKE ALL ON FUNCTION ledger.chain_start(text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.distribute(shards integer)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.distribute(integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.distribute_functions(app text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_variable
BEGIN
  PERFORM create_distributed_function(p.oid::regprocedure, p.proargnames[1], colocate_with := 'ledger.accounts')
     FROM pg_proc p
    WHERE p.pronamespace = 'ledger'::regnamespace AND p.proname IN ('post_' || app, 'try_' || app, 'append_' || app);
END $function$;
REVOKE ALL ON FUNCTION ledger.distribute_functions(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.drop_others(name text, template oid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.drop_others(text, oid) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.entries_by_id(app text, ids bigint[])
 RETURNS json
 LANGUAGE plpgsql
 STABLE
AS $function$
DECLARE
  found json;
BEGIN
  EXECUTE '
    SELECT json_agg(ledger.entry_json(e.id, e.owner_id, e.seq, e.operation, e.amount, e.balance_after, e.nonce, e.transaction_id,
                            e.metadata, e.created_on, e.reverses, e.refunds, e.hold_id, e.book))
      FROM ledger.entries e WHERE e.app = $1 AND e.id = ANY ($2)'
    INTO found USING app, ids;
  RETURN found;
END $function$;
REVOKE ALL ON FUNCTION ledger.entries_by_id(text, bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.entries_by_nonce(app text, owner_ids text[], nonces text[], book text DEFAULT NULL::text)
 RETURNS json
 LANGUAGE plpgsql
 STABLE
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.entries_by_nonce(text, text[], text[], text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.entries_by_transaction(app text, ids uuid[])
 RETURNS json
 LANGUAGE plpgsql
 STABLE
AS $function$
DECLARE
  found json;
BEGIN
  EXECUTE '
    SELECT json_agg(ledger.entry_json(e.id, e.owner_id, e.seq, e.operation, e.amount, e.balance_after, e.nonce, e.transaction_id,
                            e.metadata, e.created_on, e.reverses, e.refunds, e.hold_id, e.book) ORDER BY e.id)
      FROM ledger.entries e WHERE e.app = $1 AND e.transaction_id = ANY ($2)'
    INTO found USING app, ids;
  RETURN found;
END $function$;
REVOKE ALL ON FUNCTION ledger.entries_by_transaction(text, uuid[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.entries_everywhere_app(transaction_id uuid)
 RETURNS bigint
 LANGUAGE plpgsql
 STABLE
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
#variable_conflict use_variable
BEGIN
  RETURN (SELECT count(*) FROM ledger.entries_app e WHERE e.transaction_id = transaction_id);
END $function$;
REVOKE ALL ON FUNCTION ledger.entries_everywhere_app(uuid) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.entries_everywhere_template(transaction_id uuid)
 RETURNS bigint
 LANGUAGE plpgsql
 STABLE
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
#variable_conflict use_variable
BEGIN
  RETURN (SELECT count(*) FROM ledger.entries_template e WHERE e.transaction_id = transaction_id);
END $function$;
REVOKE ALL ON FUNCTION ledger.entries_everywhere_template(uuid) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.entry_form(app text, book text, owner_id text, seq bigint, id bigint, operation text, amount bigint, balance_after bigint, nonce text, place integer, transaction_id uuid, metadata jsonb, created_on timestamp with time zone, reverses bigint, refunds bigint, hold_id bigint)
 RETURNS bytea
 LANGUAGE sql
 STABLE
RETURN (((((((((((((((('\x01'::bytea || int8send(seq)) || int8send(id)) || int8send(amount)) || int8send(balance_after)) || int4send(place)) || uuid_send(transaction_id)) || timestamptz_send(created_on)) || COALESCE(('\x08'::bytea || int8send(reverses)), '\x00'::bytea)) || COALESCE(('\x08'::bytea || int8send(refunds)), '\x00'::bytea)) || COALESCE(('\x08'::bytea || int8send(hold_id)), '\x00'::bytea)) || int4send(octet_length(app))) || int4send(octet_length(book))) || int4send(octet_length(owner_id))) || int4send(octet_length(operation))) || int4send(octet_length(nonce))) || convert_to((((((app || book) || owner_id) || operation) || nonce) || (metadata)::text), 'UTF8'::name));
REVOKE ALL ON FUNCTION ledger.entry_form(text, text, text, bigint, bigint, text, bigint, bigint, text, integer, uuid, jsonb, timestamp with time zone, bigint, bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.entry_json(id bigint, owner_id text, seq bigint, operation text, amount bigint, balance_after bigint, nonce text, transaction_id uuid, metadata jsonb, created_on timestamp with time zone, reverses bigint, refunds bigint, hold_id bigint, book text DEFAULT NULL::text)
 RETURNS json
 LANGUAGE sql
 STABLE
RETURN json_build_object('id', (id)::text, 'ownerId', owner_id, 'book', book, 'seq', seq, 'operation', operation, 'amount', amount, 'balanceAfter', balance_after, 'nonce', nonce, 'transactionId', transaction_id, 'metadata', metadata, 'createdOn', ledger.epoch_ms(created_on), 'reverses', (reverses)::text, 'refunds', (refunds)::text, 'holdId', (hold_id)::text);
REVOKE ALL ON FUNCTION ledger.entry_json(bigint, text, bigint, text, bigint, bigint, text, uuid, jsonb, timestamp with time zone, bigint, bigint, bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.epoch_ms(moment timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 STABLE
RETURN ((EXTRACT(epoch FROM moment) * (1000)::numeric))::bigint;
REVOKE ALL ON FUNCTION ledger.epoch_ms(timestamp with time zone) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.expired_credits(at text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
BEGIN
  RETURN format('
  CASE WHEN a.lots_expire_on <= %1$s THEN (
    SELECT coalesce(sum(l.rest - least(l.rest, (
             SELECT coalesce(sum(r.amount), 0) FROM ledger.lot_holds r
               JOIN ledger.holds h ON h.book = r.book AND h.owner_id = r.owner_id AND h.id = r.hold_id
              WHERE r.book = a.book AND r.owner_id = a.owner_id AND r.lot_id = l.id AND h.released_on IS NULL AND h.expires_on > %1$s))), 0)::bigint
      FROM ledger.lots l WHERE l.book = a.book AND l.owner_id = a.owner_id AND l.rest > 0 AND l.expires_on <= %1$s
  ) ELSE 0 END', at);
END $function$;
REVOKE ALL ON FUNCTION ledger.expired_credits(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.expiring(book text, owner_ids text[])
 RETURNS json
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.expiring(text, text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.expiring_within(book text, days integer)
 RETURNS text
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
  now CONSTANT timestamptz := ledger.now();
  total text;
BEGIN
  IF ledger.may_use_book(book) THEN
    EXECUTE '
      SELECT coalesce(sum(l.rest), 0)::text FROM ledger.lots l
       WHERE l.book = $1 AND l.rest > 0 AND l.expires_on > $2 AND l.expires_on <= $3'
      INTO total USING book, now, now + days * interval '24 hours';
  END IF;
  RETURN total;
END $function$;
REVOKE ALL ON FUNCTION ledger.expiring_within(text, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.expiry_on(expiry json, at timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
RETURN LEAST((at + ((((expiry ->> 'days'::text))::integer)::double precision * '24:00:00'::interval)), (((date_trunc((expiry ->> 'endOf'::text), at, 'UTC'::text) AT TIME ZONE 'UTC'::text) + (('1 '::text || (expiry ->> 'endOf'::text)))::interval) AT TIME ZONE 'UTC'::text), to_timestamp((((((expiry ->> 'on'::text))::bigint)::numeric / 1000.0))::double precision));
REVOKE ALL ON FUNCTION ledger.expiry_on(json, timestamp with time zone) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.fill_lots(app text, book text, owner_id text, entry_id bigint, seq bigint, amount bigint, balance bigint, at timestamp with time zone, lot json, corrects bigint, revive json, source_book text, source_owner text, source_entry bigint, source_amount bigint)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
AS $function$
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
        UPDATE ledger.lots l SET expires_on = expires_on, first_expires_on = coalesce(l.first_expires_on, l.expires_on)
         WHERE l.book = book AND l.owner_id = owner_id AND l.id = used.lot_id;
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
END $function$;
REVOKE ALL ON FUNCTION ledger.fill_lots(text, text, text, bigint, bigint, bigint, bigint, timestamp with time zone, json, bigint, json, text, text, bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.find_keys(app text, ids text[])
 RETURNS json
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  PERFORM ledger.assert_may_use(app);
  RETURN (
    SELECT json_agg(json_build_object(
             'id', k.id, 'name', k.name, 'scopes', k.scopes, 'ownerId', k.owner_id, 'hash', encode(k.hash, 'hex'),
             'isLive', k.revoked_on IS NULL AND coalesce(k.expires_on > ledger.now(), true)))
      FROM ledger.keys k WHERE k.app = $1 AND k.id = ANY ($2)
  );
END $function$;
REVOKE ALL ON FUNCTION ledger.find_keys(text, text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.grant_app(app text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
  EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.version, ledger.is_cluster, ledger.is_distributed, ledger.may_use, ledger.may_use_book, ledger.now, ledger.epoch_ms,
    ledger.entry_json, ledger.hold_json, ledger.balance_json, ledger.live_holds, ledger.held_at, ledger.last_seq, ledger.seq_at, ledger.entries_by_id,
    ledger.entries_by_transaction, ledger.entries_by_nonce, ledger.holds_by_id, ledger.live_holds_of, ledger.captures_of, ledger.summary TO %I', app_role);
  -- These read accounts of the app's books, with the rights of their owner: what other apps have in them counts, too.
  EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.apps_of, ledger.balances, ledger.amounts_at, ledger.account_entries,
    ledger.accounts_page, ledger.lots_by_id, ledger.lots_page, ledger.live_lots, ledger.expiring, ledger.uses_of_entries,
    ledger.lot_uses_page, ledger.lot_summary, ledger.sorted_accounts, ledger.totals, ledger.expiring_within, ledger.outstanding TO %I', app_role);
  -- These read entries of the app alone, with the rights of their owner: row-level security asks for each row.
  EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.open_postings, ledger.app_entries TO %I', app_role);
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
END $function$;
REVOKE ALL ON FUNCTION ledger.grant_app(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.grant_apps()
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM ledger.grant_app(a.app)
     FROM ledger.apps a JOIN pg_roles r ON r.rolname = 'ledger_' || a.app
    WHERE r.oid IN (SELECT g.grantee FROM pg_namespace n, aclexplode(n.nspacl) g WHERE n.nspname = 'ledger');
END $function$;
REVOKE ALL ON FUNCTION ledger.grant_apps() FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.grant_schema(app_schema regnamespace, app_role text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
  history regclass := to_regclass(format('%s._prisma_migrations', app_schema));
BEGIN
  EXECUTE format('REVOKE ALL ON SCHEMA %s FROM %I', app_schema, app_role);
  EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %s FROM %I', app_schema, app_role);
  EXECUTE format('GRANT USAGE ON SCHEMA %s TO %I', app_schema, app_role);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %s TO %I', app_schema, app_role);
  EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %s TO %I', app_schema, app_role);
  EXECUTE format('GRANT EXECUTE ON ALL ROUTINES IN SCHEMA %s TO %I', app_schema, app_role);
  IF history IS NOT NULL THEN
    EXECUTE format('REVOKE ALL ON %s FROM %I', history, app_role);
  END IF;
  EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %s GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I', app_schema, app_role);
  EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %s GRANT USAGE ON SEQUENCES TO %I', app_schema, app_role);
  EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %s GRANT EXECUTE ON ROUTINES TO %I', app_schema, app_role);
END $function$;
REVOKE ALL ON FUNCTION ledger.grant_schema(regnamespace, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.has_keys(app text)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  PERFORM ledger.assert_may_use(app);
  RETURN EXISTS (SELECT FROM ledger.keys k WHERE k.app = $1);
END $function$;
REVOKE ALL ON FUNCTION ledger.has_keys(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.has_made(app text, book text)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
AS $function$
#variable_conflict use_variable
BEGIN
  RETURN book = app OR EXISTS (SELECT FROM ledger.books b WHERE b.book = book AND b.app = app);
END $function$;
REVOKE ALL ON FUNCTION ledger.has_made(text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.held_at(book text, owner_id text, held bigint, holds_expire_on timestamp with time zone, at timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql
 STABLE
AS $function$
BEGIN
  IF holds_expire_on <= at THEN
    RETURN (ledger.live_holds(book, owner_id, at)).held;
  END IF;
  RETURN held;
END $function$;
REVOKE ALL ON FUNCTION ledger.held_at(text, text, bigint, timestamp with time zone, timestamp with time zone) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.held_credits(at text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
BEGIN
  RETURN format('
  CASE WHEN a.holds_expire_on <= %1$s THEN (
    SELECT coalesce(sum(h.amount - h.captured), 0)::bigint FROM ledger.holds h
     WHERE h.book = a.book AND h.owner_id = a.owner_id AND h.expires_on > %1$s AND h.released_on IS NULL
  ) ELSE a.held END', at);
END $function$;
REVOKE ALL ON FUNCTION ledger.held_credits(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.hold_json(id bigint, owner_id text, operation text, amount bigint, captured bigint, nonce text, metadata jsonb, created_on timestamp with time zone, expires_on timestamp with time zone, released_on timestamp with time zone, captured_by bigint, at timestamp with time zone, book text DEFAULT NULL::text)
 RETURNS json
 LANGUAGE sql
 STABLE
RETURN json_build_object('id', (id)::text, 'ownerId', owner_id, 'book', book, 'operation', operation, 'amount', amount, 'captured', captured, 'nonce', nonce, 'metadata', metadata, 'status', CASE WHEN (captured_by IS NOT NULL) THEN 'CAPTURED'::text WHEN (released_on IS NOT NULL) THEN 'RELEASED'::text WHEN (expires_on <= at) THEN 'EXPIRED'::text ELSE 'HELD'::text END, 'capturedBy', (captured_by)::text, 'createdOn', ledger.epoch_ms(created_on), 'expiresOn', ledger.epoch_ms(expires_on), 'releasedOn', ledger.epoch_ms(released_on));
REVOKE ALL ON FUNCTION ledger.hold_json(bigint, text, text, bigint, bigint, text, jsonb, timestamp with time zone, timestamp with time zone, timestamp with time zone, bigint, timestamp with time zone, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.hold_refusal(app text, book text, owner_id text, id bigint, operation text, amount bigint, until timestamp with time zone, at timestamp with time zone, OUT refusal text, OUT details json, OUT kept bigint)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
AS $function$
#variable_conflict use_variable
DECLARE
  hold record;
BEGIN
  SELECT h.operation, h.amount - h.captured AS kept, h.captured_by, h.released_on, h.created_on, h.expires_on,
         ledger.hold_json(h.id, h.owner_id, h.operation, h.amount, h.captured, h.nonce, h.metadata, h.created_on, h.expires_on,
                          h.released_on, h.captured_by, at, h.book) AS json
    INTO hold
    FROM ledger.holds h WHERE h.app = app AND h.book = book AND h.owner_id = owner_id AND h.id = id;
  details := hold.json;
  kept := hold.kept;
  refusal := CASE
    WHEN kept IS NULL OR hold.operation <> operation THEN 'hold_not_found'
    WHEN hold.captured_by IS NOT NULL THEN 'hold_captured'
    WHEN hold.released_on IS NOT NULL THEN 'hold_released'
    WHEN hold.expires_on <= at THEN 'hold_expired'
    WHEN amount NOT BETWEEN -kept AND -1 THEN 'capture_exceeded'
    WHEN until > hold.created_on + interval '365 days' THEN 'hold_too_long'
  END;
END $function$;
REVOKE ALL ON FUNCTION ledger.hold_refusal(text, text, text, bigint, text, bigint, timestamp with time zone, timestamp with time zone) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.holds_by_id(app text, ids bigint[])
 RETURNS json
 LANGUAGE plpgsql
 STABLE
AS $function$
DECLARE
  found json;
BEGIN
  EXECUTE '
    SELECT json_agg(ledger.hold_json(h.id, h.owner_id, h.operation, h.amount, h.captured, h.nonce, h.metadata, h.created_on, h.expires_on,
                           h.released_on, h.captured_by, greatest(ledger.now(), a.updated_on), h.book))
      FROM ledger.holds h JOIN ledger.accounts a ON a.book = h.book AND a.owner_id = h.owner_id
     WHERE h.app = $1 AND h.id = ANY ($2)'
    INTO found USING app, ids;
  RETURN found;
END $function$;
REVOKE ALL ON FUNCTION ledger.holds_by_id(text, bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.is_cluster()
 RETURNS boolean
 LANGUAGE sql
 STABLE
RETURN (to_regclass('pg_catalog.pg_dist_partition'::text) IS NOT NULL);
REVOKE ALL ON FUNCTION ledger.is_cluster() FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.is_distributed()
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
AS $function$
BEGIN
  IF ledger.is_cluster() THEN
    RETURN EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = 'ledger.accounts'::regclass);
  END IF;
  RETURN false;
END $function$;
REVOKE ALL ON FUNCTION ledger.is_distributed() FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.is_limit_exceeded_app(book text, owner_id text, operation text, credits bigint, since timestamp with time zone, amount bigint, more numeric)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
 SET enable_sort TO 'off'
AS $function$
#variable_conflict use_variable
DECLARE
  app CONSTANT text := 'app';
  entry record;
  used numeric := abs(amount) + more + (
    SELECT coalesce(sum(h.amount), 0) FROM ledger.holds h
     WHERE h.book = book AND h.owner_id = owner_id AND h.app = app AND h.operation BETWEEN operation AND operation AND h.created_on >= since);
BEGIN
  -- The newest entries come first, as many as there are since then: a loop reads no others.
  FOR entry IN
    SELECT e.amount, e.created_on FROM ledger.entries_app e
     WHERE e.book = book AND e.owner_id = owner_id AND e.operation = operation
       AND num_nonnulls(e.reverses, e.refunds, e.hold_id) BETWEEN 0 AND 0
     ORDER BY num_nonnulls(e.reverses, e.refunds, e.hold_id) DESC, e.seq DESC
  LOOP
    EXIT WHEN used > credits OR entry.created_on < since;
    used := used + abs(entry.amount);
  END LOOP;
  RETURN used > credits;
END $function$;
REVOKE ALL ON FUNCTION ledger.is_limit_exceeded_app(text, text, text, bigint, timestamp with time zone, bigint, numeric) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.is_limit_exceeded_template(book text, owner_id text, operation text, credits bigint, since timestamp with time zone, amount bigint, more numeric)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
 SET enable_sort TO 'off'
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.is_limit_exceeded_template(text, text, text, bigint, timestamp with time zone, bigint, numeric) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.is_limit_reached_app(book text, owner_id text, operation text, times integer, since timestamp with time zone, more bigint)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
 SET enable_sort TO 'off'
AS $function$
#variable_conflict use_variable
DECLARE
  app CONSTANT text := 'app';
BEGIN
  -- The newest ones alone are read, as many as the limit allows: an index has those that count by themselves. Their kind
  -- is asked for as a range, in the order of that index: for an equal one the planner may read all entries of the owner.
  RETURN more + (
    SELECT count(*) FROM (
      (SELECT e.created_on FROM ledger.entries_app e
        WHERE e.book = book AND e.owner_id = owner_id AND e.operation = operation
          AND num_nonnulls(e.reverses, e.refunds, e.hold_id) BETWEEN 0 AND 0
        ORDER BY num_nonnulls(e.reverses, e.refunds, e.hold_id) DESC, e.seq DESC LIMIT times)
      UNION ALL
      (SELECT h.created_on FROM ledger.holds h
        WHERE h.book = book AND h.owner_id = owner_id AND h.app = app AND h.operation BETWEEN operation AND operation
        ORDER BY h.operation DESC, h.created_on DESC LIMIT times)
    ) newest WHERE newest.created_on >= since) >= times;
END $function$;
REVOKE ALL ON FUNCTION ledger.is_limit_reached_app(text, text, text, integer, timestamp with time zone, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.is_limit_reached_template(book text, owner_id text, operation text, times integer, since timestamp with time zone, more bigint)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
 SET enable_sort TO 'off'
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.is_limit_reached_template(text, text, text, integer, timestamp with time zone, bigint) FROM PUBLIC;

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
REVOKE ALL ON FUNCTION ledger.is_metadata(jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.is_shard()
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
RETURN false;
REVOKE ALL ON FUNCTION ledger.is_shard() FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.is_whole_app(ids bigint[])
 RETURNS boolean
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
#variable_conflict use_variable
DECLARE
  transaction_id uuid;
BEGIN
  IF false THEN
    PERFORM ledger.await_commits();
  END IF;
  SELECT e.transaction_id INTO transaction_id FROM ledger.entries_app e WHERE e.id = ids[1];
  RETURN coalesce(
    (SELECT array_agg(e.id ORDER BY e.id) FROM ledger.entries_app e WHERE e.transaction_id = transaction_id)
    = (SELECT array_agg(id ORDER BY id) FROM unnest(ids) id), false);
END $function$;
REVOKE ALL ON FUNCTION ledger.is_whole_app(bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.is_whole_template(ids bigint[])
 RETURNS boolean
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.is_whole_template(bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.judge_app(book text, owner_id text, balance bigint, held bigint, operation text, amount bigint, limit_times integer, limit_credits bigint, limit_per text, limit_anchored boolean, reverses bigint, refunds bigint, captures bigint, requested bigint, prolongs bigint, until timestamp with time zone, new_overdraft bigint, sets text, lot json, voids bigint, has_lots boolean, overdraft bigint, retired text[], at timestamp with time zone, more bigint, more_credits numeric, OUT refusal text, OUT details json, OUT kept bigint, OUT voided bigint)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
AS $function$
#variable_conflict use_variable
DECLARE
  app CONSTANT text := 'app';
  limited record;
  least_overdraft bigint;
BEGIN
  kept := 0;
  IF captures IS NOT NULL THEN
    SELECT * INTO refusal, details, kept FROM ledger.hold_refusal(app, book, owner_id, captures, operation, requested, NULL, at);
  ELSIF prolongs IS NOT NULL THEN
    SELECT h.refusal, h.details INTO refusal, details FROM ledger.hold_refusal(app, book, owner_id, prolongs, NULL, NULL, until, at) h;
  ELSIF reverses IS NOT NULL OR refunds IS NOT NULL THEN
    SELECT c.refusal, to_json(c.refundable) INTO refusal, details
      FROM ledger.judge_correction_app(book, owner_id, operation, amount, reverses, refunds) c;
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
    IF limit_times IS NOT NULL AND ledger.is_limit_reached_app(book, owner_id, operation, limit_times, limited.began, more)
       OR limit_credits IS NOT NULL
          AND ledger.is_limit_exceeded_app(book, owner_id, operation, limit_credits, limited.began, amount, more_credits) THEN
      refusal := 'limit_reached';
      details := to_json(ledger.epoch_ms(limited.ends));
    END IF;
  END IF;
  IF refusal IS NULL AND ledger.expiry_on(lot, at) <= at THEN
    refusal := 'expiry_passed';
  END IF;
END $function$;
REVOKE ALL ON FUNCTION ledger.judge_app(text, text, bigint, bigint, text, bigint, integer, bigint, text, boolean, bigint, bigint, bigint, bigint, bigint, timestamp with time zone, bigint, text, json, bigint, boolean, bigint, text[], timestamp with time zone, bigint, numeric) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.judge_correction_app(book text, owner_id text, operation text, amount bigint, reverses bigint, refunds bigint, OUT refusal text, OUT refundable bigint)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
AS $function$
#variable_conflict use_variable
DECLARE
  target_id bigint := coalesce(reverses, refunds);
  target record;
  corrected record;
BEGIN
  SELECT e.operation, e.amount, num_nonnulls(e.reverses, e.refunds) > 0 OR e.operation IN ('CREDIT_EXPIRED', 'CREDIT_VOIDED') AS is_final INTO target
    FROM ledger.entries_app e WHERE e.id = target_id AND e.book = book AND e.owner_id = owner_id;
  SELECT coalesce(bool_or(c.reverses = target_id), false) AS is_reversed,
         coalesce(sum(c.amount) FILTER (WHERE c.refunds = target_id), 0)::bigint AS refunded
    INTO corrected
    FROM (
      SELECT e.reverses, e.refunds, e.amount FROM ledger.entries_app e WHERE e.owner_id = owner_id AND e.reverses = target_id
      UNION ALL
      SELECT e.reverses, e.refunds, e.amount FROM ledger.entries_app e WHERE e.owner_id = owner_id AND e.refunds = target_id
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
END $function$;
REVOKE ALL ON FUNCTION ledger.judge_correction_app(text, text, text, bigint, bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.judge_correction_template(book text, owner_id text, operation text, amount bigint, reverses bigint, refunds bigint, OUT refusal text, OUT refundable bigint)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.judge_correction_template(text, text, text, bigint, bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.judge_state(state text, sets text, amount bigint, is_release boolean)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
RETURN CASE WHEN ((state IS NULL) OR is_release) THEN NULL::text WHEN (state = 'CLOSED'::text) THEN CASE WHEN (sets IS DISTINCT FROM 'OPEN'::text) THEN 'account_closed'::text ELSE NULL::text END WHEN (sets IS NOT NULL) THEN NULL::text WHEN ((state = 'FROZEN'::text) OR (amount < 0)) THEN 'account_frozen'::text ELSE NULL::text END;
REVOKE ALL ON FUNCTION ledger.judge_state(text, text, bigint, boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.judge_template(book text, owner_id text, balance bigint, held bigint, operation text, amount bigint, limit_times integer, limit_credits bigint, limit_per text, limit_anchored boolean, reverses bigint, refunds bigint, captures bigint, requested bigint, prolongs bigint, until timestamp with time zone, new_overdraft bigint, sets text, lot json, voids bigint, has_lots boolean, overdraft bigint, retired text[], at timestamp with time zone, more bigint, more_credits numeric, OUT refusal text, OUT details json, OUT kept bigint, OUT voided bigint)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
AS $function$
#variable_conflict use_variable
DECLARE
  app CONSTANT text := 'template';
  limited record;
  least_overdraft bigint;
BEGIN
  kept := 0;
  IF captures IS NOT NULL THEN
    SELECT * INTO refusal, details, kept FROM ledger.hold_refusal(app, book, owner_id, captures, operation, requested, NULL, at);
  ELSIF prolongs IS NOT NULL THEN
    SELECT h.refusal, h.details INTO refusal, details FROM ledger.hold_refusal(app, book, owner_id, prolongs, NULL, NULL, until, at) h;
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
END $function$;
REVOKE ALL ON FUNCTION ledger.judge_template(text, text, bigint, bigint, text, bigint, integer, bigint, text, boolean, bigint, bigint, bigint, bigint, bigint, timestamp with time zone, bigint, text, json, bigint, boolean, bigint, text[], timestamp with time zone, bigint, numeric) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.judge_void(app text, book text, owner_id text, id bigint, at timestamp with time zone, OUT refusal text, OUT rest bigint)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.judge_void(text, text, text, bigint, timestamp with time zone) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.lapsing(book text, owner_id text, corrects bigint, at timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql
 STABLE
AS $function$
#variable_conflict use_variable
BEGIN
  RETURN (
    SELECT coalesce(-sum(u.amount), 0)
      FROM ledger.lot_uses u JOIN ledger.lots l ON l.book = u.book AND l.owner_id = u.owner_id AND l.id = u.lot_id
     WHERE u.book = book AND u.owner_id = owner_id AND u.entry_id = corrects AND u.place > 0 AND l.expires_on <= at)::bigint;
END $function$;
REVOKE ALL ON FUNCTION ledger.lapsing(text, text, bigint, timestamp with time zone) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.last_seq(apps text[], book text, owner_id text, moment timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql
 STABLE
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.last_seq(text[], text, text, timestamp with time zone) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.limit_waits(lock_ms integer)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
  wanted CONSTANT text := coalesce(lock_ms || 'ms', current_setting('lock_timeout'));
BEGIN
  IF current_setting('ledger.told_lock_timeout', true) IS DISTINCT FROM wanted THEN
    PERFORM set_config('ledger.told_lock_timeout', wanted, true), set_config('citus.propagate_set_commands', 'local', true);
    EXECUTE format('SET LOCAL lock_timeout = %L', wanted);
  END IF;
END $function$;
REVOKE ALL ON FUNCTION ledger.limit_waits(integer) FROM PUBLIC;

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
REVOKE ALL ON FUNCTION ledger.limit_window(text, timestamp with time zone) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.live_holds(book text, owner_id text, at timestamp with time zone, OUT held bigint, OUT expire_on timestamp with time zone)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
AS $function$
#variable_conflict use_variable
BEGIN
  SELECT coalesce(sum(h.amount - h.captured), 0), min(h.expires_on) INTO held, expire_on
    FROM ledger.holds h
   WHERE h.book = book AND h.owner_id = owner_id AND h.expires_on > at AND h.released_on IS NULL;
END $function$;
REVOKE ALL ON FUNCTION ledger.live_holds(text, text, timestamp with time zone) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.live_holds_of(app text, owner_ids text[], book text DEFAULT NULL::text)
 RETURNS json
 LANGUAGE plpgsql
 STABLE
AS $function$
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
        SELECT ledger.hold_json(h.id, h.owner_id, h.operation, h.amount, h.captured, h.nonce, h.metadata, h.created_on, h.expires_on,
                                h.released_on, h.captured_by, $4, h.book) AS json
          FROM ledger.holds h
         WHERE h.app = $1 AND h.book = $2 AND h.owner_id = $3 AND h.expires_on > $4 AND h.released_on IS NULL
         ORDER BY h.created_on DESC, h.id DESC LIMIT 100
      ) live'
      INTO live USING app, book, owner_ids[n], at;
    found := array_append(found, live);
  END LOOP;
  RETURN to_json(found);
END $function$;
REVOKE ALL ON FUNCTION ledger.live_holds_of(text, text[], text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.live_lots(book text, owner_ids text[])
 RETURNS json
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.live_lots(text, text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.lock_accounts(books text[], owner_ids text[], skip_busy boolean, OUT balances bigint[], OUT overdrafts bigint[], OUT helds bigint[], OUT expiries timestamp with time zone[], OUT lot_expiries timestamp with time zone[], OUT seqs bigint[], OUT updates timestamp with time zone[], OUT heads bytea[], OUT states text[], OUT made integer[])
 RETURNS record
 LANGUAGE plpgsql
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.lock_accounts(text[], text[], boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.lock_missing_account(book text, owner_id text)
 RETURNS TABLE(balance bigint, overdraft bigint, held bigint, holds_expire_on timestamp with time zone, lots_expire_on timestamp with time zone, seq bigint, updated_on timestamp with time zone, head bytea, state text, made boolean)
 LANGUAGE plpgsql
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.lock_missing_account(text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.lock_shard(books text[], owner_ids text[], skip_busy boolean, OUT balances bigint[], OUT overdrafts bigint[], OUT helds bigint[], OUT expiries timestamp with time zone[], OUT lot_expiries timestamp with time zone[], OUT seqs bigint[], OUT updates timestamp with time zone[], OUT heads bytea[], OUT states text[], OUT made integer[])
 RETURNS record
 LANGUAGE plpgsql
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.lock_shard(text[], text[], boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.lock_shards_app(owner_ids text[], books text[], skip_busy boolean, nonces text[], requests_of integer[], accounts integer[], OUT balances bigint[], OUT overdrafts bigint[], OUT helds bigint[], OUT expiries timestamp with time zone[], OUT lot_expiries timestamp with time zone[], OUT seqs bigint[], OUT updates timestamp with time zone[], OUT heads bytea[], OUT states text[], OUT made integer[], OUT replayed integer[])
 RETURNS record
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_variable
DECLARE
  app CONSTANT text := 'app';
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
         (SELECT e.nonce FROM ledger.entries_app e
           WHERE e.book = l.book AND e.owner_id = l.owner_id AND e.owner_id = ANY (owners COLLATE "default")
             AND e.nonce BETWEEN l.nonce AND l.nonce ORDER BY e.nonce LIMIT 1),
         (SELECT h.nonce FROM ledger.holds h
           WHERE h.app = app AND h.book = l.book AND h.owner_id = l.owner_id AND h.owner_id = ANY (owners COLLATE "default")
             AND h.nonce BETWEEN l.nonce AND l.nonce ORDER BY h.nonce LIMIT 1)));
  END LOOP;
END $function$;
REVOKE ALL ON FUNCTION ledger.lock_shards_app(text[], text[], boolean, text[], integer[], integer[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.lock_shards_template(owner_ids text[], books text[], skip_busy boolean, nonces text[], requests_of integer[], accounts integer[], OUT balances bigint[], OUT overdrafts bigint[], OUT helds bigint[], OUT expiries timestamp with time zone[], OUT lot_expiries timestamp with time zone[], OUT seqs bigint[], OUT updates timestamp with time zone[], OUT heads bytea[], OUT states text[], OUT made integer[], OUT replayed integer[])
 RETURNS record
 LANGUAGE plpgsql
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.lock_shards_template(text[], text[], boolean, text[], integer[], integer[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.lot_json(id bigint, app text, owner_id text, book text, entry_id bigint, seq bigint, amount bigint, rest bigint, held bigint, priority integer, kind text, created_on timestamp with time zone, expires_on timestamp with time zone, at timestamp with time zone)
 RETURNS json
 LANGUAGE sql
 STABLE
RETURN json_build_object('id', (id)::text, 'app', app, 'ownerId', owner_id, 'book', book, 'entryId', (entry_id)::text, 'seq', seq, 'amount', amount, 'rest', CASE WHEN (expires_on <= at) THEN LEAST(rest, held) ELSE rest END, 'held', LEAST(rest, held), 'priority', priority, 'kind', kind, 'createdOn', ledger.epoch_ms(created_on), 'expiresOn', ledger.epoch_ms(expires_on));
REVOKE ALL ON FUNCTION ledger.lot_json(bigint, text, text, text, bigint, bigint, bigint, bigint, bigint, integer, text, timestamp with time zone, timestamp with time zone, timestamp with time zone) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.lot_operations()
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE
RETURN ARRAY['CREDIT_EXPIRED'::text, 'CREDIT_VOIDED'::text];
REVOKE ALL ON FUNCTION ledger.lot_operations() FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.lot_summary(app text, owner_id text, after timestamp with time zone, until timestamp with time zone, per text, book text DEFAULT NULL::text)
 RETURNS json
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.lot_summary(text, text, timestamp with time zone, timestamp with time zone, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.lot_uses_page(book text, owner_id text, lot_id bigint, above bigint[], below bigint[], descending boolean, size integer)
 RETURNS json
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.lot_uses_page(text, text, bigint, bigint[], bigint[], boolean, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.lots_by_id(app text, ids bigint[])
 RETURNS json
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.lots_by_id(text, bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.lots_page(book text, owner_id text, live boolean, above bigint[], below bigint[], descending boolean, size integer)
 RETURNS json
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.lots_page(text, text, boolean, bigint[], bigint[], boolean, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.make_accounts(books text[], owner_ids text[], missing integer[])
 RETURNS integer[]
 LANGUAGE plpgsql
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.make_accounts(text[], text[], integer[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.make_book(app text, book text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.make_book(text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.make_free_accounts(books text[], owner_ids text[], missing integer[])
 RETURNS integer[]
 LANGUAGE plpgsql
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.make_free_accounts(text[], text[], integer[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.make_functions(app text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.make_functions(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.make_hold(app text, book text, owner_id text, operation text, amount bigint, nonce text, metadata jsonb, hold_ms bigint, has_lots boolean, at timestamp with time zone, OUT hold json)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
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
  hold := ledger.hold_json(made.id, owner_id, operation, amount, 0, nonce, metadata, made.created_on, made.expires_on, NULL, NULL, at, book);
END $function$;
REVOKE ALL ON FUNCTION ledger.make_hold(text, text, text, text, bigint, text, jsonb, bigint, boolean, timestamp with time zone) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.make_lot(app text, book text, owner_id text, entry_id bigint, seq bigint, amount bigint, priority integer, kind text, expires_on timestamp with time zone, at timestamp with time zone, paid bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_variable
DECLARE
  id CONSTANT bigint := nextval('ledger.lots_id_seq');
BEGIN
  INSERT INTO ledger.lots (app, book, owner_id, id, entry_id, seq, amount, rest, priority, kind, created_on, expires_on)
  VALUES (app, book, owner_id, id, entry_id, seq, amount, amount - paid, priority, kind, at, expires_on);
  IF paid > 0 THEN
    INSERT INTO ledger.lot_uses (book, owner_id, lot_id, entry_id, seq, place, amount) VALUES (book, owner_id, id, entry_id, seq, 0, -paid);
  END IF;
END $function$;
REVOKE ALL ON FUNCTION ledger.make_lot(text, text, text, bigint, bigint, bigint, integer, text, timestamp with time zone, timestamp with time zone, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.make_shard_functions(app text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.make_shard_functions(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.may_use(app text)
 RETURNS boolean
 LANGUAGE sql
 STABLE
RETURN COALESCE(pg_has_role(SESSION_USER, (to_regrole(quote_ident(('ledger_'::text || app))))::oid, 'MEMBER'::text), false);
REVOKE ALL ON FUNCTION ledger.may_use(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.may_use_book(book text)
 RETURNS boolean
 LANGUAGE sql
 STABLE
RETURN (ledger.apps_of(book) <> '{}'::text[]);
REVOKE ALL ON FUNCTION ledger.may_use_book(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.move_lots(app text, book text, owner_id text, entry_id bigint, seq bigint, amount bigint, balance bigint, at timestamp with time zone, lot json, corrects bigint, revive json, hold_id bigint, voids bigint, source_book text, source_owner text, source_entry bigint, source_amount bigint, INOUT lots_expire_on timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.move_lots(text, text, text, bigint, bigint, bigint, bigint, timestamp with time zone, json, bigint, json, bigint, bigint, text, text, bigint, bigint, timestamp with time zone) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.next_hash(before bytea, form bytea)
 RETURNS bytea
 LANGUAGE sql
 IMMUTABLE
RETURN sha256((before || sha256(form)));
REVOKE ALL ON FUNCTION ledger.next_hash(bytea, bytea) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.note_verify(app text, ok boolean, questions integer)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_variable
DECLARE
  noted CONSTANT json := json_build_object('on', ledger.epoch_ms(ledger.now()), 'ok', ok, 'questions', questions);
BEGIN
  UPDATE ledger.apps a SET last_verify = noted WHERE a.app = app;
END $function$;
REVOKE ALL ON FUNCTION ledger.note_verify(text, boolean, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.now()
 RETURNS timestamp with time zone
 LANGUAGE sql
RETURN clock_timestamp();
REVOKE ALL ON FUNCTION ledger.now() FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.open_lots(app text, book text, owner_id text, balance bigint, at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_variable
DECLARE
  hold record;
BEGIN
  IF balance > 0 THEN
    PERFORM ledger.make_lot(app, book, owner_id, NULL, 0, balance, 50, 'paid', NULL, at, 0);
    FOR hold IN
      SELECT h.id, h.amount - h.captured AS amount FROM ledger.holds h
       WHERE h.book = book AND h.owner_id = owner_id AND h.released_on IS NULL AND h.expires_on > at ORDER BY h.created_on, h.id
    LOOP
      PERFORM ledger.reserve_lots(book, owner_id, hold.id, hold.amount, at);
    END LOOP;
  END IF;
END $function$;
REVOKE ALL ON FUNCTION ledger.open_lots(text, text, text, bigint, timestamp with time zone) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.open_postings(app text)
 RETURNS json
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
#variable_conflict use_variable
DECLARE
  last bigint;
BEGIN
  PERFORM ledger.assert_ordered();
  IF pg_is_in_recovery() THEN
    RAISE EXCEPTION 'a standby does not know which transactions are open' USING ERRCODE = 'feature_not_supported';
  END IF;
  IF ledger.may_use(app) OR ledger.reads_all() THEN
    EXECUTE 'SELECT e.id FROM ledger.entries e WHERE e.app = $1 ORDER BY e.id DESC LIMIT 1' INTO last USING app;
  END IF;
  RETURN (
    SELECT json_build_object(
             'last', coalesce(last, 0)::text,
             'open', coalesce(array_agg(DISTINCT l.virtualtransaction), '{}'),
             'hasPrepared', coalesce(bool_or(l.pid IS NULL), false))
      FROM pg_locks l
     WHERE l.locktype = 'relation' AND l.relation = 'ledger.accounts'::regclass AND l.granted
       AND l.mode IN ('RowShareLock', 'RowExclusiveLock')
       AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()));
END $function$;
REVOKE ALL ON FUNCTION ledger.open_postings(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.outstanding(book text, after timestamp with time zone, until timestamp with time zone, per text)
 RETURNS json
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
  lines json;
BEGIN
  IF ledger.may_use_book(book) THEN
    EXECUTE '
      WITH reserved AS (
        SELECT r.owner_id, r.lot_id, r.amount, h.expires_on FROM ledger.lot_holds r
          JOIN ledger.holds h ON h.book = r.book AND h.owner_id = r.owner_id AND h.id = r.hold_id
         WHERE h.released_on IS NULL AND r.book = $1
      ), lots AS (
        SELECT l.owner_id, l.id, l.rest::bigint AS rest, l.expires_on FROM ledger.lots l
         WHERE l.book = $1 AND l.rest > 0 AND l.expires_on <= $5
      ), ends AS (
        SELECT l.owner_id, l.id, l.rest, l.expires_on AS moment FROM lots l
        UNION
        SELECT l.owner_id, l.id, l.rest, r.expires_on FROM lots l JOIN reserved r ON r.owner_id = l.owner_id AND r.lot_id = l.id
         WHERE l.expires_on < r.expires_on AND r.expires_on <= $5
      ), kept AS (
        SELECT e.owner_id, e.id, e.rest, e.moment, least(e.rest, coalesce(sum(r.amount), 0))::bigint AS amount
          FROM ends e LEFT JOIN reserved r ON r.owner_id = e.owner_id AND r.lot_id = e.id AND r.expires_on > e.moment
         GROUP BY e.owner_id, e.id, e.rest, e.moment
      ), due AS (
        SELECT k.moment, coalesce(lag(k.amount) OVER (PARTITION BY k.owner_id, k.id ORDER BY k.moment), k.rest) - k.amount AS amount FROM kept k
      ), changes AS (
        SELECT CASE WHEN e.created_on > $3 THEN ''infinity'' ELSE date_trunc($4, e.created_on, ''UTC'') END AS start, sum(e.amount) AS amount
          FROM ledger.entries e WHERE e.app = ANY ($6) AND e.book = $1 AND e.created_on > $2
         GROUP BY 1
        UNION ALL
        SELECT date_trunc($4, greatest(d.moment, $2), ''UTC''), -sum(d.amount) FROM due d GROUP BY 1
        UNION ALL
        SELECT ''infinity'', (SELECT sum(d.amount) FROM due d)
        UNION ALL
        SELECT w AT TIME ZONE ''UTC'', 0 FROM generate_series(
          date_trunc($4, $2 + interval ''1 ms'', ''UTC'') AT TIME ZONE ''UTC'', $5 AT TIME ZONE ''UTC'', (''1 '' || $4)::interval) w
      ), sums AS (
        SELECT c.start, sum(c.amount) AS amount FROM changes c GROUP BY c.start
      ), lines AS (
        SELECT s.start, (SELECT coalesce(sum(a.balance), 0) FROM ledger.accounts a WHERE a.book = $1)
                        - coalesce(sum(s.amount) OVER (ORDER BY s.start DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS amount
          FROM sums s
      )
      SELECT json_agg(json_build_object(''start'', ledger.epoch_ms(l.start), ''amount'', l.amount::text) ORDER BY l.start)
        FROM lines l WHERE l.start < ''infinity'' AND l.start >= date_trunc($4, $2 + interval ''1 ms'', ''UTC'')'
      INTO lines USING book, after, until, per, least(until, ledger.now()), ledger.apps_of(book);
  END IF;
  RETURN lines;
END $function$;
REVOKE ALL ON FUNCTION ledger.outstanding(text, timestamp with time zone, timestamp with time zone, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.own_shard(app text, owner_ids text[])
 RETURNS bigint
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.own_shard(text, text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.post_app(key text, owner_ids text[], parts integer[], requests json, skip_busy boolean DEFAULT false, lock_ms integer DEFAULT NULL::integer)
 RETURNS json
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_material TO 'off'
 SET jit TO 'off'
AS $function$
#variable_conflict use_variable
DECLARE
  app CONSTANT text := 'app';
  owners text[] := owner_ids; -- a variable's elements are found at once, a parameter's by counting
  books text[];
  -- What is asked for, by request and by line. special: null for a plain entry.
  attempts uuid[]; nonces text[]; metadata text[]; invalid boolean[];
  requests_of integer[]; accounts integer[]; operations text[]; amounts bigint[]; requested bigint[];
  limit_times integer[]; limit_credits bigint[]; limit_pers text[]; limit_anchored boolean[]; reverses bigint[]; refunds bigint[]; captures bigint[];
  keeps boolean[]; hold_ms bigint[]; releases bigint[]; prolongs bigint[]; untils bigint[]; until timestamptz; new_overdrafts bigint[]; new_states text[]; special boolean[];
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
  holds json[];                                    -- null: no line captures
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
  IF false THEN
    shard := ledger.own_shard(app, owner_ids);
    IF shard IS NOT NULL THEN
      EXECUTE format('SELECT ledger.post_%s($1, $2, $3, $4, $5)', shard) INTO answer USING key, owner_ids, parts, requests, skip_busy;
      RETURN answer;
    END IF;
    PERFORM ledger.limit_waits(lock_ms);
  END IF;
  SELECT * INTO books, attempts, nonces, metadata, invalid, requests_of, accounts, operations, amounts, requested,
                limit_times, limit_credits, limit_pers, limit_anchored, reverses, refunds, captures, keeps, hold_ms, releases, prolongs, untils,
                new_overdrafts, new_states, lots, revives, voids, sources
    FROM json_to_record(requests) r (
      book text[], id uuid[], nonce text[], metadata text[], invalid boolean[], request integer[], account integer[], operation text[],
      amount bigint[], requested bigint[], limit_times integer[], limit_credits bigint[], limit_per text[],
      limit_anchored boolean[], reverses bigint[], refunds bigint[],
      captures bigint[], keeps boolean[], hold_ms bigint[], releases bigint[], prolongs bigint[], until bigint[], overdraft bigint[], state text[],
      lot json[], revive json[], voids bigint[], source integer[]);
  IF cardinality(attempts) > 0 IS NOT TRUE OR greatest(
    array_ndims(books), array_ndims(attempts), array_ndims(nonces), array_ndims(metadata), array_ndims(invalid), array_ndims(requests_of),
    array_ndims(accounts), array_ndims(operations), array_ndims(amounts), array_ndims(requested), array_ndims(limit_times),
    array_ndims(limit_credits), array_ndims(limit_pers), array_ndims(limit_anchored), array_ndims(reverses), array_ndims(refunds), array_ndims(captures), array_ndims(keeps), array_ndims(hold_ms),
    array_ndims(releases), array_ndims(prolongs), array_ndims(untils), array_ndims(new_overdrafts), array_ndims(new_states), array_ndims(lots), array_ndims(revives), array_ndims(voids),
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
  IF num_nonnulls(limit_pers, reverses, refunds, captures, hold_ms, releases, prolongs, new_overdrafts, new_states, lots, voids) > 0 THEN
    SELECT array_agg(CASE WHEN l.things > 0 OR num_nonnulls(l.limit_per, l.lot) > 0 THEN true END ORDER BY l.line) AS special,
           bool_or(l.things > 1) AS is_several, bool_or(l.is_alone AND l.lines > 1) AS is_crowded
      INTO got
      FROM (
        SELECT l.line, l.limit_per, l.lot, num_nonnulls(l.reverses, l.refunds, l.captures, l.hold_ms, l.releases, l.prolongs, l.overdraft, l.state, l.voids) AS things,
               num_nonnulls(l.refunds, l.captures, l.hold_ms, l.releases, l.prolongs, l.overdraft, l.state, l.voids) > 0 AS is_alone,
               count(*) OVER (PARTITION BY l.request) AS lines
          FROM unnest(requests_of, limit_pers, reverses, refunds, captures, hold_ms, releases, prolongs, new_overdrafts, new_states, lots, voids)
               WITH ORDINALITY l (request, limit_per, reverses, refunds, captures, hold_ms, releases, prolongs, overdraft, state, lot, voids, line)
      ) l;
    special := got.special;
    IF got.is_several THEN
      RAISE EXCEPTION 'a line does one thing: it corrects, captures, holds, prolongs, releases, voids, or sets an overdraft or a state'
        USING ERRCODE = 'invalid_parameter_value';
    ELSIF got.is_crowded THEN
      RAISE EXCEPTION 'a line that refunds, captures, holds, prolongs, releases, voids, or sets an overdraft or a state is alone in its transaction'
        USING ERRCODE = 'invalid_parameter_value';
    END IF;
  END IF;

  IF false THEN
    SELECT * INTO balances, overdrafts, helds, expiries, lot_expiries, seqs, updates, heads, states, made, replayed
      FROM ledger.lock_shards_app(owner_ids, books, skip_busy, nonces, requests_of, accounts);
  ELSE
    -- Lock the accounts.
    SELECT * INTO balances, overdrafts, helds, expiries, lot_expiries, seqs, updates, heads, states, made
      FROM ledger.lock_accounts(books, owners, skip_busy);
    -- The parent before its partition, as every migration does that changes which partitions there are. Citus lets nobody
    -- lock a shard's tables.
    IF NOT false THEN
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
         (SELECT e.nonce FROM ledger.entries_app e
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
          answers[request] := ledger.replay_app(
            books[number], owners[number], nonces[request], attempts[request], coalesce(metadata[request], '{}')::jsonb,
            (SELECT array_agg(owners[n] ORDER BY place) FROM unnest(accounts[first:last]) WITH ORDINALITY l (n, place)),
            operations[first:last], requested[first:last], reverses[first:last], refunds[first:last], captures[first:last],
            keeps[first], hold_ms[first], lots[line], voids[line], greatest(now, updates[number]),
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
          until := to_timestamp(untils[line] / 1000.0);
          SELECT * INTO refusal, details, kept, voided FROM ledger.judge_app(
            books[number], owners[number], balances[number], helds[number], operations[line], amounts[line], limit_times[line],
            limit_credits[line], limit_pers[line], limit_anchored[line],
            reverses[line], refunds[line], captures[line],
            CASE WHEN requested[line] IS NOT NULL THEN amounts[line] END, prolongs[line], until, new_overdrafts[line], new_states[line],
            lots[line], voids[line], lot_expiries[number] IS NOT NULL, overdrafts[number], retired, at,
            (SELECT count(*) FROM generate_series(first, line - 1) n WHERE accounts[n] = number AND operations[n] = operations[line]),
            (SELECT coalesce(sum(abs(amounts[n])), 0) FROM generate_series(first, line - 1) n
              WHERE accounts[n] = number AND operations[n] = operations[line]));
          -- A capture takes what its own hold keeps: a live hold's capture is never refused for balance. What a reversal gives
          -- back to lots that have expired cannot be taken again.
          available := available + kept - coalesce(lapsing[number], 0);
          IF voided IS NOT NULL THEN
            amounts[line] := -voided;
          ELSIF captures[line] IS NOT NULL AND requested[line] IS NULL THEN
            amounts[line] := -kept;
          END IF;
          IF reverses[line] IS NOT NULL AND refusal IS NULL THEN
            IF reverses[first] IS NULL OR line = first AND NOT ledger.is_whole_app(reverses[first:last]) THEN
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
        IF special[line] AND num_nonnulls(hold_ms[line], releases[line], prolongs[line], new_overdrafts[line]) > 0 THEN
          SELECT * INTO got FROM ledger.set_aside(
            app, books[number], owners[number], seqs[number], balances[number], overdrafts[number], helds[number], expiries[number],
            lot_expiries[number], heads[number], states[number],
            operations[line], amounts[line], nonces[request], coalesce(metadata[request], '{}')::jsonb, hold_ms[line], releases[line],
            prolongs[line], until, new_overdrafts[line], at);
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
            holds := coalesce(holds, array_fill(NULL::json, ARRAY[cardinality(accounts)]));
            holds[line] := ledger.capture_hold(
              app, books[number], owners[number], captures[line], ids[line], -amounts[line], coalesce(keeps[line], false), at);
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
    INSERT INTO ledger.entries_app (
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
                           'amounts', CASE WHEN num_nonnulls(voids, captures) > 0 THEN amounts END, 'holds', holds, 'lapsed', lapsed);
END $function$;
REVOKE ALL ON FUNCTION ledger.post_app(text, text[], integer[], json, boolean, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.post_template(key text, owner_ids text[], parts integer[], requests json, skip_busy boolean DEFAULT false, lock_ms integer DEFAULT NULL::integer)
 RETURNS json
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_material TO 'off'
 SET jit TO 'off'
AS $function$
#variable_conflict use_variable
DECLARE
  app CONSTANT text := 'template';
  owners text[] := owner_ids; -- a variable's elements are found at once, a parameter's by counting
  books text[];
  -- What is asked for, by request and by line. special: null for a plain entry.
  attempts uuid[]; nonces text[]; metadata text[]; invalid boolean[];
  requests_of integer[]; accounts integer[]; operations text[]; amounts bigint[]; requested bigint[];
  limit_times integer[]; limit_credits bigint[]; limit_pers text[]; limit_anchored boolean[]; reverses bigint[]; refunds bigint[]; captures bigint[];
  keeps boolean[]; hold_ms bigint[]; releases bigint[]; prolongs bigint[]; untils bigint[]; until timestamptz; new_overdrafts bigint[]; new_states text[]; special boolean[];
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
  holds json[];                                    -- null: no line captures
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
                limit_times, limit_credits, limit_pers, limit_anchored, reverses, refunds, captures, keeps, hold_ms, releases, prolongs, untils,
                new_overdrafts, new_states, lots, revives, voids, sources
    FROM json_to_record(requests) r (
      book text[], id uuid[], nonce text[], metadata text[], invalid boolean[], request integer[], account integer[], operation text[],
      amount bigint[], requested bigint[], limit_times integer[], limit_credits bigint[], limit_per text[],
      limit_anchored boolean[], reverses bigint[], refunds bigint[],
      captures bigint[], keeps boolean[], hold_ms bigint[], releases bigint[], prolongs bigint[], until bigint[], overdraft bigint[], state text[],
      lot json[], revive json[], voids bigint[], source integer[]);
  IF cardinality(attempts) > 0 IS NOT TRUE OR greatest(
    array_ndims(books), array_ndims(attempts), array_ndims(nonces), array_ndims(metadata), array_ndims(invalid), array_ndims(requests_of),
    array_ndims(accounts), array_ndims(operations), array_ndims(amounts), array_ndims(requested), array_ndims(limit_times),
    array_ndims(limit_credits), array_ndims(limit_pers), array_ndims(limit_anchored), array_ndims(reverses), array_ndims(refunds), array_ndims(captures), array_ndims(keeps), array_ndims(hold_ms),
    array_ndims(releases), array_ndims(prolongs), array_ndims(untils), array_ndims(new_overdrafts), array_ndims(new_states), array_ndims(lots), array_ndims(revives), array_ndims(voids),
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
  IF num_nonnulls(limit_pers, reverses, refunds, captures, hold_ms, releases, prolongs, new_overdrafts, new_states, lots, voids) > 0 THEN
    SELECT array_agg(CASE WHEN l.things > 0 OR num_nonnulls(l.limit_per, l.lot) > 0 THEN true END ORDER BY l.line) AS special,
           bool_or(l.things > 1) AS is_several, bool_or(l.is_alone AND l.lines > 1) AS is_crowded
      INTO got
      FROM (
        SELECT l.line, l.limit_per, l.lot, num_nonnulls(l.reverses, l.refunds, l.captures, l.hold_ms, l.releases, l.prolongs, l.overdraft, l.state, l.voids) AS things,
               num_nonnulls(l.refunds, l.captures, l.hold_ms, l.releases, l.prolongs, l.overdraft, l.state, l.voids) > 0 AS is_alone,
               count(*) OVER (PARTITION BY l.request) AS lines
          FROM unnest(requests_of, limit_pers, reverses, refunds, captures, hold_ms, releases, prolongs, new_overdrafts, new_states, lots, voids)
               WITH ORDINALITY l (request, limit_per, reverses, refunds, captures, hold_ms, releases, prolongs, overdraft, state, lot, voids, line)
      ) l;
    special := got.special;
    IF got.is_several THEN
      RAISE EXCEPTION 'a line does one thing: it corrects, captures, holds, prolongs, releases, voids, or sets an overdraft or a state'
        USING ERRCODE = 'invalid_parameter_value';
    ELSIF got.is_crowded THEN
      RAISE EXCEPTION 'a line that refunds, captures, holds, prolongs, releases, voids, or sets an overdraft or a state is alone in its transaction'
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
            keeps[first], hold_ms[first], lots[line], voids[line], greatest(now, updates[number]),
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
          until := to_timestamp(untils[line] / 1000.0);
          SELECT * INTO refusal, details, kept, voided FROM ledger.judge_template(
            books[number], owners[number], balances[number], helds[number], operations[line], amounts[line], limit_times[line],
            limit_credits[line], limit_pers[line], limit_anchored[line],
            reverses[line], refunds[line], captures[line],
            CASE WHEN requested[line] IS NOT NULL THEN amounts[line] END, prolongs[line], until, new_overdrafts[line], new_states[line],
            lots[line], voids[line], lot_expiries[number] IS NOT NULL, overdrafts[number], retired, at,
            (SELECT count(*) FROM generate_series(first, line - 1) n WHERE accounts[n] = number AND operations[n] = operations[line]),
            (SELECT coalesce(sum(abs(amounts[n])), 0) FROM generate_series(first, line - 1) n
              WHERE accounts[n] = number AND operations[n] = operations[line]));
          -- A capture takes what its own hold keeps: a live hold's capture is never refused for balance. What a reversal gives
          -- back to lots that have expired cannot be taken again.
          available := available + kept - coalesce(lapsing[number], 0);
          IF voided IS NOT NULL THEN
            amounts[line] := -voided;
          ELSIF captures[line] IS NOT NULL AND requested[line] IS NULL THEN
            amounts[line] := -kept;
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
        IF special[line] AND num_nonnulls(hold_ms[line], releases[line], prolongs[line], new_overdrafts[line]) > 0 THEN
          SELECT * INTO got FROM ledger.set_aside(
            app, books[number], owners[number], seqs[number], balances[number], overdrafts[number], helds[number], expiries[number],
            lot_expiries[number], heads[number], states[number],
            operations[line], amounts[line], nonces[request], coalesce(metadata[request], '{}')::jsonb, hold_ms[line], releases[line],
            prolongs[line], until, new_overdrafts[line], at);
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
            holds := coalesce(holds, array_fill(NULL::json, ARRAY[cardinality(accounts)]));
            holds[line] := ledger.capture_hold(
              app, books[number], owners[number], captures[line], ids[line], -amounts[line], coalesce(keeps[line], false), at);
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
                           'amounts', CASE WHEN num_nonnulls(voids, captures) > 0 THEN amounts END, 'holds', holds, 'lapsed', lapsed);
END $function$;
REVOKE ALL ON FUNCTION ledger.post_template(text, text[], integer[], json, boolean, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.prepared_transactions()
 RETURNS text[]
 LANGUAGE plpgsql
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.prepared_transactions() FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.prolong_hold(app text, book text, owner_id text, id bigint, until timestamp with time zone, at timestamp with time zone, OUT hold json, OUT changed boolean)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_variable
BEGIN
  UPDATE ledger.holds h SET expires_on = until, first_expires_on = coalesce(h.first_expires_on, h.expires_on)
   WHERE h.app = app AND h.book = book AND h.owner_id = owner_id AND h.id = id AND h.expires_on < until;
  changed := FOUND;
  hold := (
    SELECT ledger.hold_json(h.id, h.owner_id, h.operation, h.amount, h.captured, h.nonce, h.metadata, h.created_on, h.expires_on,
                            h.released_on, h.captured_by, at, h.book)
      FROM ledger.holds h WHERE h.app = app AND h.book = book AND h.owner_id = owner_id AND h.id = id);
END $function$;
REVOKE ALL ON FUNCTION ledger.prolong_hold(text, text, text, bigint, timestamp with time zone, timestamp with time zone) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.random_attempt(moment timestamp with time zone)
 RETURNS uuid
 LANGUAGE sql
RETURN (OVERLAY((gen_random_uuid())::text PLACING (regexp_replace(lpad(to_hex(ledger.epoch_ms(moment)), 12, '0'::text), '(.{8})'::text, '\1-'::text) || '-7'::text) FROM 1 FOR 15))::uuid;
REVOKE ALL ON FUNCTION ledger.random_attempt(timestamp with time zone) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.reads_all()
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
AS $function$
BEGIN
  RETURN pg_has_role(session_user, current_user, 'MEMBER')
      OR has_table_privilege(session_user, 'ledger.entries', 'SELECT')
         AND EXISTS (SELECT FROM pg_roles r WHERE r.rolname = session_user AND r.rolbypassrls);
END $function$;
REVOKE ALL ON FUNCTION ledger.reads_all() FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION 'ledger entries are never changed or deleted'
    USING ERRCODE = 'restrict_violation', HINT = 'Post another entry that corrects this one.';
END $function$;
REVOKE ALL ON FUNCTION ledger.refuse_change() FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.refuse_unchained()
 RETURNS bytea
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION 'an entry has the hash that follows from the one before it' USING ERRCODE = 'serialization_failure';
END $function$;
REVOKE ALL ON FUNCTION ledger.refuse_unchained() FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.release_hold(app text, book text, owner_id text, id bigint, at timestamp with time zone, OUT outcome text, OUT hold json, OUT changed boolean)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_variable
BEGIN
  UPDATE ledger.holds h SET released_on = at
   WHERE h.app = app AND h.book = book AND h.owner_id = owner_id AND h.id = id AND h.released_on IS NULL AND h.expires_on > at;
  changed := FOUND;
  SELECT CASE WHEN h.captured_by IS NULL THEN 'released' ELSE 'hold_captured' END,
         ledger.hold_json(h.id, h.owner_id, h.operation, h.amount, h.captured, h.nonce, h.metadata, h.created_on, h.expires_on,
                          h.released_on, h.captured_by, at, h.book)
    INTO outcome, hold
    FROM ledger.holds h WHERE h.app = app AND h.book = book AND h.owner_id = owner_id AND h.id = id;
  outcome := coalesce(outcome, 'hold_not_found');
END $function$;
REVOKE ALL ON FUNCTION ledger.release_hold(text, text, text, bigint, timestamp with time zone) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.remove_old_rows()
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.remove_old_rows() FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.remove_unused_accounts(books text[], owner_ids text[], made integer[])
 RETURNS void
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_custom_plan'
AS $function$
#variable_conflict use_variable
DECLARE
  number integer;
BEGIN
  FOREACH number IN ARRAY made LOOP
    DELETE FROM ledger.accounts a
     WHERE a.book = books[number] AND a.owner_id = owner_ids[number] AND a.seq = 0 AND a.held = 0 AND a.overdraft = 0;
  END LOOP;
END $function$;
REVOKE ALL ON FUNCTION ledger.remove_unused_accounts(text[], text[], integer[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.replay_app(book text, owner_id text, nonce text, attempt uuid, metadata jsonb, owner_ids text[], operations text[], requested bigint[], reverses bigint[], refunds bigint[], captures bigint[], keeps boolean, hold_ms bigint, lot json, voids bigint, at timestamp with time zone, balance json)
 RETURNS json
 LANGUAGE plpgsql
 STABLE
AS $function$
#variable_conflict use_variable
DECLARE
  app CONSTANT text := 'app';
  original record;
  identical boolean;
BEGIN
  SELECT e.id, e.created_on, e.transaction_id,
         ledger.entry_json(e.id, e.owner_id, e.seq, e.operation, e.amount, e.balance_after, e.nonce, e.transaction_id,
                           e.metadata, e.created_on, e.reverses, e.refunds, e.hold_id, e.book) AS json
    INTO original
    FROM ledger.entries_app e WHERE e.book = book AND e.owner_id = owner_id AND e.nonce BETWEEN nonce AND nonce
   ORDER BY e.nonce, e.place LIMIT 1; -- as in ledger.post_app
  IF FOUND THEN
    -- The same owners, operations, amounts (one left out equals whatever was posted) and metadata, in order.
    identical := hold_ms IS NULL AND (
      SELECT count(*) = cardinality(owner_ids) AND bool_and(coalesce(
               e.owner_id = owner_ids[e.n] AND e.operation = operations[e.n] AND e.metadata = metadata
               AND e.amount = coalesce(requested[e.n], e.amount)
               AND (e.reverses, e.refunds, e.hold_id) IS NOT DISTINCT FROM (reverses[e.n], refunds[e.n], captures[e.n]), false))
        FROM (
          SELECT e.*, row_number() OVER (ORDER BY e.id) AS n
            FROM ledger.entries_app e WHERE e.transaction_id = original.transaction_id
        ) e)
      AND (NOT false OR ledger.entries_everywhere_app(original.transaction_id) <= cardinality(owner_ids));
    -- A capture left the hold as this one would.
    IF captures[1] IS NOT NULL THEN
      identical := identical AND EXISTS (
        SELECT 1 FROM ledger.holds h WHERE h.app = app AND h.book = book AND h.owner_id = owner_id AND h.id = captures[1]
           AND CASE WHEN keeps THEN h.captured_by IS DISTINCT FROM original.id OR h.captured = h.amount ELSE h.captured_by = original.id END);
    END IF;
    -- The same lot is voided, and a lot that a caller's expiry makes expires at the same moment.
    IF voids IS NOT NULL THEN
      identical := identical AND EXISTS (
        SELECT 1 FROM ledger.lot_uses u WHERE u.book = book AND u.owner_id = owner_id AND u.entry_id = original.id AND u.lot_id = voids);
    ELSIF lot ->> 'on' IS NOT NULL THEN
      identical := identical AND EXISTS (
        SELECT 1 FROM ledger.lots l WHERE l.book = book AND l.owner_id = owner_id AND l.entry_id = original.id
           AND coalesce(l.first_expires_on, l.expires_on) = ledger.expiry_on(lot, original.created_on));
    END IF;
    RETURN json_build_object(
      'outcome', 'duplicate', 'entry', original.json, 'identical', identical,
      'own', original.transaction_id = ledger.transaction_id(attempt, owner_ids[1], nonce, nullif(book, app)), 'balance', balance);
  END IF;

  SELECT h.operation = operations[1] AND h.metadata = metadata AND h.amount = coalesce(-requested[1], h.amount)
         AND coalesce(h.first_expires_on, h.expires_on) = h.created_on + hold_ms * interval '1 millisecond' AS identical,
         ledger.hold_json(h.id, h.owner_id, h.operation, h.amount, h.captured, h.nonce, h.metadata, h.created_on, h.expires_on,
                          h.released_on, h.captured_by, at, h.book) AS json
    INTO original
    FROM ledger.holds h WHERE h.app = app AND h.book = book AND h.owner_id = owner_id AND h.nonce BETWEEN nonce AND nonce
   ORDER BY h.nonce LIMIT 1;
  IF FOUND THEN
    RETURN json_build_object(
      'outcome', 'duplicate', 'hold', original.json, 'identical', coalesce(original.identical, false), 'balance', balance);
  END IF;
  RETURN NULL;
END $function$;
REVOKE ALL ON FUNCTION ledger.replay_app(text, text, text, uuid, jsonb, text[], text[], bigint[], bigint[], bigint[], bigint[], boolean, bigint, json, bigint, timestamp with time zone, json) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.replay_template(book text, owner_id text, nonce text, attempt uuid, metadata jsonb, owner_ids text[], operations text[], requested bigint[], reverses bigint[], refunds bigint[], captures bigint[], keeps boolean, hold_ms bigint, lot json, voids bigint, at timestamp with time zone, balance json)
 RETURNS json
 LANGUAGE plpgsql
 STABLE
AS $function$
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
    -- A capture left the hold as this one would.
    IF captures[1] IS NOT NULL THEN
      identical := identical AND EXISTS (
        SELECT 1 FROM ledger.holds h WHERE h.app = app AND h.book = book AND h.owner_id = owner_id AND h.id = captures[1]
           AND CASE WHEN keeps THEN h.captured_by IS DISTINCT FROM original.id OR h.captured = h.amount ELSE h.captured_by = original.id END);
    END IF;
    -- The same lot is voided, and a lot that a caller's expiry makes expires at the same moment.
    IF voids IS NOT NULL THEN
      identical := identical AND EXISTS (
        SELECT 1 FROM ledger.lot_uses u WHERE u.book = book AND u.owner_id = owner_id AND u.entry_id = original.id AND u.lot_id = voids);
    ELSIF lot ->> 'on' IS NOT NULL THEN
      identical := identical AND EXISTS (
        SELECT 1 FROM ledger.lots l WHERE l.book = book AND l.owner_id = owner_id AND l.entry_id = original.id
           AND coalesce(l.first_expires_on, l.expires_on) = ledger.expiry_on(lot, original.created_on));
    END IF;
    RETURN json_build_object(
      'outcome', 'duplicate', 'entry', original.json, 'identical', identical,
      'own', original.transaction_id = ledger.transaction_id(attempt, owner_ids[1], nonce, nullif(book, app)), 'balance', balance);
  END IF;

  SELECT h.operation = operations[1] AND h.metadata = metadata AND h.amount = coalesce(-requested[1], h.amount)
         AND coalesce(h.first_expires_on, h.expires_on) = h.created_on + hold_ms * interval '1 millisecond' AS identical,
         ledger.hold_json(h.id, h.owner_id, h.operation, h.amount, h.captured, h.nonce, h.metadata, h.created_on, h.expires_on,
                          h.released_on, h.captured_by, at, h.book) AS json
    INTO original
    FROM ledger.holds h WHERE h.app = app AND h.book = book AND h.owner_id = owner_id AND h.nonce BETWEEN nonce AND nonce
   ORDER BY h.nonce LIMIT 1;
  IF FOUND THEN
    RETURN json_build_object(
      'outcome', 'duplicate', 'hold', original.json, 'identical', coalesce(original.identical, false), 'balance', balance);
  END IF;
  RETURN NULL;
END $function$;
REVOKE ALL ON FUNCTION ledger.replay_template(text, text, text, uuid, jsonb, text[], text[], bigint[], bigint[], bigint[], bigint[], boolean, bigint, json, bigint, timestamp with time zone, json) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.reserve_lots(book text, owner_id text, hold_id bigint, amount bigint, at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.reserve_lots(text, text, bigint, bigint, timestamp with time zone) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.retired_operations(app text)
 RETURNS text[]
 LANGUAGE plpgsql
 STABLE
AS $function$
BEGIN
  RETURN (SELECT a.retired FROM ledger.apps a WHERE a.app = $1);
END $function$;
REVOKE ALL ON FUNCTION ledger.retired_operations(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.save_accounts(books text[], owner_ids text[], balances bigint[], helds bigint[], expiries timestamp with time zone[], lot_expiries timestamp with time zone[], seqs bigint[], updates timestamp with time zone[], heads bytea[], states text[], seqs_read bigint[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.save_accounts(text[], text[], bigint[], bigint[], timestamp with time zone[], timestamp with time zone[], bigint[], timestamp with time zone[], bytea[], text[], bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.save_shards(books text[], owner_ids text[], balances bigint[], helds bigint[], expiries timestamp with time zone[], lot_expiries timestamp with time zone[], seqs bigint[], updates timestamp with time zone[], heads bytea[], states text[], seqs_read bigint[])
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.save_shards(text[], text[], bigint[], bigint[], timestamp with time zone[], timestamp with time zone[], bigint[], timestamp with time zone[], bytea[], text[], bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.seq_at(app text, owner_id text, moment timestamp with time zone, book text DEFAULT NULL::text)
 RETURNS bigint
 LANGUAGE sql
 STABLE
RETURN ledger.last_seq(ARRAY[app], COALESCE(book, app), owner_id, moment);
REVOKE ALL ON FUNCTION ledger.seq_at(text, text, timestamp with time zone, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.set_aside(app text, book text, owner_id text, INOUT seq bigint, INOUT balance bigint, INOUT overdraft bigint, INOUT held bigint, INOUT expiry timestamp with time zone, INOUT lots_expire_on timestamp with time zone, INOUT head bytea, state text, operation text, amount bigint, nonce text, metadata jsonb, hold_ms bigint, releases bigint, prolongs bigint, until timestamp with time zone, new_overdraft bigint, at timestamp with time zone, OUT changed boolean, OUT answer json)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
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
  ELSIF prolongs IS NOT NULL THEN
    outcome := 'prolonged';
    SELECT p.hold, p.changed INTO hold, changed FROM ledger.prolong_hold(app, book, owner_id, prolongs, until, at) p;
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
END $function$;
REVOKE ALL ON FUNCTION ledger.set_aside(text, text, text, bigint, bigint, bigint, bigint, timestamp with time zone, timestamp with time zone, bytea, text, text, bigint, text, jsonb, bigint, bigint, bigint, timestamp with time zone, bigint, timestamp with time zone) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.set_operations(app text, operations text[], retired text[] DEFAULT '{}'::text[], books jsonb DEFAULT '{}'::jsonb)
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
    EXECUTE format('CREATE INDEX ON ledger.%I (owner_id, hold_id, seq) WHERE hold_id IS NOT NULL', partition_name);
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
END $function$;
REVOKE ALL ON FUNCTION ledger.set_operations(text, text[], text[], jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.settle_lots(book text, owner_id text, at timestamp with time zone, INOUT balance bigint, INOUT held bigint, INOUT holds_expire_on timestamp with time zone, INOUT seq bigint, INOUT head bytea, INOUT updated_on timestamp with time zone, OUT lots_expire_on timestamp with time zone)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
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
  -- As of the moment that the row says: the clock may go back, and then a hold that has expired by now is live again. What
  -- the caller knows is held may be as of a later moment.
  SELECT h.held, h.expire_on INTO held, holds_expire_on FROM ledger.live_holds(book, owner_id, updated_on) h;
  lots_expire_on := (SELECT coalesce(min(l.expires_on), 'infinity') FROM ledger.lots l
                      WHERE l.book = book AND l.owner_id = owner_id AND l.rest > 0 AND l.expires_on IS NOT NULL);
  UPDATE ledger.accounts a
     SET balance = balance, held = held, holds_expire_on = holds_expire_on, seq = seq, head = head, updated_on = updated_on,
         lots_expire_on = lots_expire_on
   WHERE a.book = book AND a.owner_id = owner_id AND a.seq = seq_read;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the account has changed since it was locked' USING ERRCODE = 'serialization_failure';
  END IF;
END $function$;
REVOKE ALL ON FUNCTION ledger.settle_lots(text, text, timestamp with time zone, bigint, bigint, timestamp with time zone, bigint, bytea, timestamp with time zone) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.shard_nodes()
 RETURNS TABLE(low integer, node integer)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  IF ledger.is_distributed() THEN
    RETURN QUERY
      SELECT s.shardminvalue::integer, p.groupid
        FROM pg_dist_shard s JOIN pg_dist_placement p USING (shardid)
       WHERE s.logicalrelid = 'ledger.accounts'::regclass
       ORDER BY s.shardminvalue::integer;
  END IF;
END $function$;
REVOKE ALL ON FUNCTION ledger.shard_nodes() FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.shards()
 RETURNS TABLE(shard bigint, low integer, high integer, host text, port integer)
 LANGUAGE plpgsql
 STABLE
AS $function$
BEGIN
  RETURN QUERY
    SELECT s.shardid, s.shardminvalue::integer, s.shardmaxvalue::integer, n.nodename, n.nodeport
      FROM pg_dist_shard s JOIN pg_dist_placement p USING (shardid) JOIN pg_dist_node n USING (groupid)
     WHERE s.logicalrelid = 'ledger.accounts'::regclass AND n.noderole = 'primary'
     ORDER BY s.shardminvalue::integer;
END $function$;
REVOKE ALL ON FUNCTION ledger.shards() FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.shards_of(owner_ids text[])
 RETURNS TABLE(owners text[], numbers integer[])
 LANGUAGE plpgsql
 STABLE
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.shards_of(text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.share_book(app text, book text, apps text[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.share_book(text, text, text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.shared_operations()
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE
RETURN ARRAY['DAILY_REWARD'::text, 'SIGNUP_CREDIT'::text, 'CREDIT_SPEND'::text, 'CREDIT_ADD'::text];
REVOKE ALL ON FUNCTION ledger.shared_operations() FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.sorted_accounts(book text, prefix text, by text, after_rank bigint, after_owner text, before_rank bigint, before_owner text, backward boolean, size integer)
 RETURNS json
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
  is_by_balance CONSTANT boolean := by = 'balance';
  -- The given rank becomes what the column has. To convert the column of each account would take longer than to read it.
  given CONSTANT text := CASE WHEN is_by_balance THEN '$%s' ELSE 'timestamptz ''epoch'' + $%s * interval ''1 millisecond''' END;
  account record;
  accounts json[] := '{}';
BEGIN
  IF NOT ledger.may_use_book(book) THEN
    RETURN '[]';
  END IF;
  FOR account IN EXECUTE format('
    SELECT r.* FROM (
      SELECT a.*, a.%4$I AS rank FROM (
        SELECT a.owner_id, (a.balance - %1$s)::bigint AS balance, a.overdraft, a.state, a.seq, a.created_on, a.updated_on,
               %7$s AS held
          FROM ledger.accounts a WHERE a.book = $1 AND a.owner_id ^@ $2) a) r
     WHERE ($3 IS NULL OR r.rank < %5$s OR r.rank = %5$s AND r.owner_id > $4)
       AND ($5 IS NULL OR r.rank > %6$s OR r.rank = %6$s AND r.owner_id < $6)
     ORDER BY r.rank %2$s, r.owner_id %3$s LIMIT $7',
    ledger.expired_credits('$8'), CASE WHEN backward THEN 'ASC' ELSE 'DESC' END, CASE WHEN backward THEN 'DESC' ELSE 'ASC' END,
    CASE WHEN is_by_balance THEN 'balance' ELSE 'updated_on' END, format(given, 3), format(given, 5), ledger.held_credits('$8'))
    USING book, prefix, after_rank, after_owner, before_rank, before_owner, size, ledger.now()
  LOOP
    accounts := array_append(accounts, json_build_object(
      'balance', ledger.balance_json(account.owner_id, account.balance, account.overdraft, account.held, account.state),
      'entryCount', account.seq,
      'createdOn', ledger.epoch_ms(account.created_on),
      'updatedOn', ledger.epoch_ms(account.updated_on)));
  END LOOP;
  RETURN to_json(accounts);
END $function$;
REVOKE ALL ON FUNCTION ledger.sorted_accounts(text, text, text, bigint, text, bigint, text, boolean, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.summary(app text, owner_id text, after timestamp with time zone, until timestamp with time zone, per text, operations text[], book text DEFAULT NULL::text)
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
         WHERE e.app = $1 AND e.book = $9 AND e.created_on > $3 AND e.created_on <= $4
           AND ($5 IS NULL OR e.operation = ANY ($5))
           AND ($6 IS NULL OR e.owner_id = $6 AND e.seq > $7 AND e.seq <= $8)
         GROUP BY e.operation, kind.start
      ) sums'
    INTO lines
    USING app, per, after, until, operations, owner_id,
          ledger.seq_at(app, owner_id, after, book), ledger.seq_at(app, owner_id, until, book), coalesce(book, app);
  RETURN lines;
END $function$;
REVOKE ALL ON FUNCTION ledger.summary(text, text, timestamp with time zone, timestamp with time zone, text, text[], text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.take_lots(book text, owner_id text, entry_id bigint, seq bigint, amount bigint, at timestamp with time zone, hold_id bigint, corrects bigint, voids bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
  IF hold_id IS NOT NULL THEN
    PERFORM ledger.trim_reservations(book, owner_id, hold_id);
  END IF;
END $function$;
REVOKE ALL ON FUNCTION ledger.take_lots(text, text, bigint, bigint, bigint, timestamp with time zone, bigint, bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.tally()
 RETURNS text
 LANGUAGE plpgsql
 STABLE
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.tally() FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.totals(book text)
 RETURNS json
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
  totals json;
BEGIN
  IF ledger.may_use_book(book) THEN
    EXECUTE format('
      SELECT json_build_object(
               ''accounts'', count(*), ''amount'', coalesce(sum(a.balance), 0)::text, ''held'', coalesce(sum(a.held), 0)::text,
               ''overdraft'', coalesce(sum(a.overdraft), 0)::text,
               ''frozen'', count(*) FILTER (WHERE a.state IN (''SPENDING_FROZEN'', ''FROZEN'')),
               ''closed'', count(*) FILTER (WHERE a.state = ''CLOSED''))
        FROM (
          SELECT a.balance - %s AS balance, a.overdraft::bigint AS overdraft, a.state, %s AS held
            FROM ledger.accounts a WHERE a.book = $1) a', ledger.expired_credits('$2'), ledger.held_credits('$2'))
      INTO totals USING book, ledger.now();
  END IF;
  RETURN totals;
END $function$;
REVOKE ALL ON FUNCTION ledger.totals(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.touch_keys(app text, ids text[])
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION ledger.touch_keys(text, text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.transaction_id(attempt uuid, owner_id text, nonce text, book text DEFAULT NULL::text)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE
RETURN ((("left"((attempt)::text, 14) || '7'::text) || OVERLAY("left"(md5((((((((attempt)::text || ' '::text) || COALESCE((book || ' '::text), ''::text)) || (char_length(owner_id))::text) || ' '::text) || owner_id) || nonce)), 19) PLACING '8'::text FROM 4 FOR 1)))::uuid;
REVOKE ALL ON FUNCTION ledger.transaction_id(uuid, text, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.trim_reservations(book text, owner_id text, hold_id bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_variable
DECLARE
  kept bigint := (SELECT h.amount - h.captured FROM ledger.holds h
                   WHERE h.book = book AND h.owner_id = owner_id AND h.id = hold_id AND h.released_on IS NULL);
  reserved record;
BEGIN
  FOR reserved IN
    SELECT r.lot_id, r.amount FROM ledger.lot_holds r
      JOIN ledger.lots l ON l.book = r.book AND l.owner_id = r.owner_id AND l.id = r.lot_id
     WHERE r.book = book AND r.owner_id = owner_id AND r.hold_id = hold_id AND r.amount > 0 AND kept IS NOT NULL
     ORDER BY l.priority, l.expires_on, l.kind DESC, l.seq, l.id
  LOOP
    IF reserved.amount > kept THEN
      UPDATE ledger.lot_holds r SET amount = kept
       WHERE r.book = book AND r.owner_id = owner_id AND r.hold_id = hold_id AND r.lot_id = reserved.lot_id;
    END IF;
    kept := kept - least(reserved.amount, kept);
  END LOOP;
END $function$;
REVOKE ALL ON FUNCTION ledger.trim_reservations(text, text, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.try_app(key text, owner_ids text[], parts integer[], requests json, lock_ms integer DEFAULT NULL::integer)
 RETURNS json
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
  answer json;
BEGIN
  answer := ledger.post_app(key, owner_ids, parts, requests, false, lock_ms);
  RAISE EXCEPTION USING ERRCODE = 'LDRUN';
EXCEPTION WHEN SQLSTATE 'LDRUN' THEN
  RETURN answer;
END $function$;
REVOKE ALL ON FUNCTION ledger.try_app(text, text[], integer[], json, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.try_template(key text, owner_ids text[], parts integer[], requests json, lock_ms integer DEFAULT NULL::integer)
 RETURNS json
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
  answer json;
BEGIN
  answer := ledger.post_template(key, owner_ids, parts, requests, false, lock_ms);
  RAISE EXCEPTION USING ERRCODE = 'LDRUN';
EXCEPTION WHEN SQLSTATE 'LDRUN' THEN
  RETURN answer;
END $function$;
REVOKE ALL ON FUNCTION ledger.try_template(text, text[], integer[], json, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.unreserved(book text, owner_id text, at timestamp with time zone, is_expired boolean)
 RETURNS bigint
 LANGUAGE plpgsql
 STABLE
AS $function$
#variable_conflict use_variable
BEGIN
  RETURN (
    SELECT coalesce(sum(l.rest - least(l.rest, (
             SELECT coalesce(sum(r.amount), 0) FROM ledger.lot_holds r
               JOIN ledger.holds h ON h.book = r.book AND h.owner_id = r.owner_id AND h.id = r.hold_id
              WHERE r.book = book AND r.owner_id = owner_id AND r.lot_id = l.id AND h.released_on IS NULL AND h.expires_on > at))), 0)
      FROM ledger.lots l WHERE l.book = book AND l.owner_id = owner_id AND l.rest > 0 AND (NOT is_expired OR l.expires_on <= at))::bigint;
END $function$;
REVOKE ALL ON FUNCTION ledger.unreserved(text, text, timestamp with time zone, boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.use_json(lot_id bigint, entry_id bigint, seq bigint, place integer, amount bigint)
 RETURNS json
 LANGUAGE sql
 IMMUTABLE
RETURN json_build_object('lotId', (lot_id)::text, 'entryId', (entry_id)::text, 'seq', seq, 'place', place, 'amount', amount);
REVOKE ALL ON FUNCTION ledger.use_json(bigint, bigint, bigint, integer, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.use_lot(book text, owner_id text, lot_id bigint, entry_id bigint, seq bigint, place integer, amount bigint, returns bigint DEFAULT NULL::bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_variable
BEGIN
  UPDATE ledger.lots l SET rest = l.rest + amount WHERE l.book = book AND l.owner_id = owner_id AND l.id = lot_id;
  INSERT INTO ledger.lot_uses (book, owner_id, lot_id, entry_id, seq, place, amount, returns)
  VALUES (book, owner_id, lot_id, entry_id, seq, place, amount, returns);
END $function$;
REVOKE ALL ON FUNCTION ledger.use_lot(text, text, bigint, bigint, bigint, integer, bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.uses_of_entries(book text, owner_ids text[], entry_ids bigint[])
 RETURNS json
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
  uses json;
  found json[] := '{}';
BEGIN
  FOR n IN 1..cardinality(entry_ids) LOOP
    uses := NULL;
    IF ledger.may_use_book(book) THEN
      EXECUTE '
        SELECT json_agg(ledger.use_json(u.lot_id, u.entry_id, u.seq, u.place, u.amount) ORDER BY u.place, u.lot_id)
          FROM (SELECT u.* FROM ledger.lot_uses u
                 WHERE u.book = $1 AND u.owner_id = $2 AND u.entry_id = $3 ORDER BY u.place, u.lot_id LIMIT 100) u'
        INTO uses USING book, owner_ids[n], entry_ids[n];
    END IF;
    found := array_append(found, uses);
  END LOOP;
  RETURN to_json(found);
END $function$;
REVOKE ALL ON FUNCTION ledger.uses_of_entries(text, text[], bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ledger.version(OUT version integer, OUT serves integer)
 RETURNS record
 LANGUAGE sql
 IMMUTABLE
AS $function$
  SELECT 12, 1
$function$;
REVOKE ALL ON FUNCTION ledger.version() FROM PUBLIC;
