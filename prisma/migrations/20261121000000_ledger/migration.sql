-- The ledger: accounts, entries and holds of every app, and who may touch them. Of the functions here are those that the
-- tables need; the next migration has all others.
-- Amounts and balances are whole credits within ±(2^53 - 1), which JSON and JavaScript carry exactly.

CREATE SCHEMA IF NOT EXISTS ledger;

-- The ledger's clock. Tests replace this function; no caller passes a time.
CREATE FUNCTION ledger.now() RETURNS timestamptz LANGUAGE sql VOLATILE
RETURN clock_timestamp();

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

-- What one column may hold is said by its type: PostgreSQL keeps the checks of a domain parsed, and parses those of a table
-- again for each statement that writes it. An owner's id has no domain: Citus finds nothing by one.
CREATE DOMAIN ledger.credits AS bigint
  CONSTRAINT credits_range CHECK (VALUE BETWEEN -9007199254740991 AND 9007199254740991);
CREATE DOMAIN ledger.credits_from_0 AS bigint
  CONSTRAINT credits_from_0_range CHECK (VALUE BETWEEN 0 AND 9007199254740991);
CREATE DOMAIN ledger.credits_from_1 AS bigint
  CONSTRAINT credits_from_1_range CHECK (VALUE BETWEEN 1 AND 9007199254740991);
CREATE DOMAIN ledger.seq_from_0 AS bigint CONSTRAINT seq_from_0_range CHECK (VALUE >= 0);
CREATE DOMAIN ledger.seq_from_1 AS bigint CONSTRAINT seq_from_1_range CHECK (VALUE >= 1);
CREATE DOMAIN ledger.place AS integer CONSTRAINT place_range CHECK (VALUE BETWEEN 1 AND 100);
CREATE DOMAIN ledger.nonce AS text COLLATE "C" CONSTRAINT nonce_length CHECK (char_length(VALUE) BETWEEN 1 AND 255);
CREATE DOMAIN ledger.metadata AS jsonb CONSTRAINT metadata_shape CHECK (VALUE = '{}' OR ledger.is_metadata(VALUE));

CREATE TABLE ledger.apps (
  app        text           NOT NULL,
  operations text[]         NOT NULL,
  retired    text[]         NOT NULL DEFAULT '{}', -- those of them that are read and corrected, and no longer posted
  updated_on timestamptz(3) NOT NULL DEFAULT date_trunc('milliseconds', ledger.now()),
  CONSTRAINT apps_pkey PRIMARY KEY (app),
  -- Part of the partition's name, which PostgreSQL cuts at 63 bytes.
  CONSTRAINT apps_name CHECK (app ~ '^[a-z][a-z0-9_]{0,39}$')
);

-- A book is a set of accounts in one unit. Every app has one, of its own name.
CREATE TABLE ledger.accounts (
  book       text           NOT NULL COLLATE "C",
  owner_id   text           NOT NULL COLLATE "C",
  balance    ledger.credits NOT NULL DEFAULT 0,
  overdraft  ledger.credits_from_0 NOT NULL DEFAULT 0, -- how far below 0 the balance may go
  held       ledger.credits_from_0 NOT NULL DEFAULT 0, -- the sum of the live holds, true until holds_expire_on
  holds_expire_on timestamptz(3),                      -- no hold in that sum expires before; null: there is none
  seq        ledger.seq_from_0 NOT NULL DEFAULT 0,     -- how many entries: the seq of the newest
  created_on timestamptz(3) NOT NULL,
  updated_on timestamptz(3) NOT NULL,
  CONSTRAINT accounts_pkey PRIMARY KEY (book, owner_id),
  CONSTRAINT accounts_owner_id CHECK (char_length(owner_id) BETWEEN 1 AND 255),
  CONSTRAINT accounts_overdraft CHECK (balance + overdraft <= 9007199254740991),
  CONSTRAINT accounts_held CHECK ((held = 0) = (holds_expire_on IS NULL)),
  CONSTRAINT accounts_available CHECK (balance - held + overdraft >= 0)
) WITH (fillfactor = 70); -- room for updates in place: none of what changes is indexed

CREATE SEQUENCE ledger.entries_id_seq;

-- Unique by (book, owner_id, seq), (book, owner_id, nonce, place), (owner_id, reverses) and (owner_id, hold_id) within an
-- app: keys of the app's partition, made by ledger.set_operations. Here they would bar an app from splitting its own by
-- time. No index has the app: in a partition it tells nothing apart, and while a partition has no statistics the planner
-- would think that it does.
CREATE TABLE ledger.entries (
  app            text           NOT NULL,
  book           text           NOT NULL COLLATE "C",
  owner_id       text           NOT NULL COLLATE "C",
  seq            ledger.seq_from_1 NOT NULL,
  id             bigint         NOT NULL DEFAULT nextval('ledger.entries_id_seq'),
  operation      text           NOT NULL,
  amount         ledger.credits NOT NULL,
  balance_after  ledger.credits NOT NULL,
  nonce          ledger.nonce   NOT NULL,
  place          ledger.place   NOT NULL DEFAULT 1, -- counts one owner's entries within one transaction
  transaction_id uuid           NOT NULL,
  metadata       ledger.metadata NOT NULL DEFAULT '{}',
  created_on     timestamptz(3) NOT NULL,
  reverses       bigint, -- the id of the owner's entry that this one undoes
  refunds        bigint, -- the id of the owner's entry of which this one gives back a part
  hold_id        bigint, -- the owner's hold that this one captures
  CONSTRAINT entries_kind CHECK (num_nonnulls(reverses, refunds, hold_id) <= 1)
) PARTITION BY LIST (app);

ALTER SEQUENCE ledger.entries_id_seq OWNED BY ledger.entries.id;

CREATE INDEX entries_id_idx ON ledger.entries (id);
CREATE INDEX entries_transaction_id_idx ON ledger.entries (transaction_id);
-- Statements of some operations, and limits: they count what neither corrects nor captures, and read nothing else.
CREATE INDEX entries_operation_idx ON ledger.entries (book, owner_id, operation, num_nonnulls(reverses, refunds, hold_id), seq);
CREATE INDEX entries_refunds_idx ON ledger.entries (owner_id, refunds) WHERE refunds IS NOT NULL;
-- Summaries of a whole app.
CREATE INDEX entries_created_on_idx ON ledger.entries USING brin (created_on);

-- Credits that an owner has promised: spent as far as others can see, until captured, released or expired.
CREATE TABLE ledger.holds (
  app         text           NOT NULL,
  book        text           NOT NULL COLLATE "C",
  owner_id    text           NOT NULL COLLATE "C",
  id          bigint         NOT NULL GENERATED BY DEFAULT AS IDENTITY,
  operation   text           NOT NULL,
  amount      ledger.credits_from_1 NOT NULL, -- what a capture may take at most
  nonce       ledger.nonce   NOT NULL,
  metadata    ledger.metadata NOT NULL DEFAULT '{}',
  created_on  timestamptz(3) NOT NULL,
  expires_on  timestamptz(3) NOT NULL,
  released_on timestamptz(3), -- by hand, or by the capture
  captured_by bigint,         -- the id of the entry that captured it
  CONSTRAINT holds_pkey PRIMARY KEY (book, owner_id, id),
  CONSTRAINT holds_nonce_key UNIQUE (book, owner_id, app, nonce),
  CONSTRAINT holds_owner_id CHECK (char_length(owner_id) BETWEEN 1 AND 255),
  CONSTRAINT holds_expires_on CHECK (expires_on > created_on AND expires_on - created_on <= interval '365 days'),
  CONSTRAINT holds_captured_by CHECK (captured_by IS NULL OR released_on IS NOT NULL)
);

CREATE INDEX holds_id_idx ON ledger.holds (id);
CREATE INDEX holds_operation_idx ON ledger.holds (book, owner_id, app, operation, created_on);
CREATE INDEX holds_expires_on_idx ON ledger.holds (book, owner_id, expires_on);

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
-- for, by being or having the role ledger_<app>, and posts in the name of that app, through the functions that post.
CREATE FUNCTION ledger.may_use(app text) RETURNS boolean LANGUAGE sql STABLE
RETURN coalesce(pg_has_role(session_user, to_regrole(quote_ident('ledger_' || app)), 'MEMBER'), false);

ALTER TABLE ledger.apps ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger.accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger.entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger.holds ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_app ON ledger.apps USING (ledger.may_use(app));
CREATE POLICY own_book ON ledger.accounts USING (ledger.may_use(book));
CREATE POLICY own_app ON ledger.entries USING (ledger.may_use(app));
CREATE POLICY own_app ON ledger.holds USING (ledger.may_use(app));
