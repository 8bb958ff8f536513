-- Holds that are captured in several parts, and prolonged.

-- Postings wait from the beginning, before they have locked anything that the migration needs.
LOCK TABLE ledger.accounts, ledger.entries IN ACCESS EXCLUSIVE MODE;

ALTER TABLE ledger.holds
  ADD COLUMN captured ledger.credits_from_0 NOT NULL DEFAULT 0, -- what captures have taken of the amount; a later migration fills it
  ADD COLUMN first_expires_on timestamptz(3);                   -- when it would have expired; null: it was not prolonged

ALTER TABLE ledger.holds ADD CONSTRAINT holds_captured CHECK (captured <= amount AND (captured < amount OR released_on IS NOT NULL));

ALTER TABLE ledger.lots ADD COLUMN first_expires_on timestamptz(3); -- when it would have expired; null: it was not revived

-- Several entries may capture one hold.
DO $$
DECLARE
  only_one record;
BEGIN
  FOR only_one IN
    SELECT i.indexrelid::regclass AS name, i.indrelid::regclass AS partition
      FROM pg_partition_tree('ledger.entries') t
      JOIN pg_index i ON i.indrelid = t.relid AND i.indisunique
     WHERE (SELECT array_agg(a.attname ORDER BY k.place) FROM unnest(i.indkey::smallint[]) WITH ORDINALITY k (attnum, place)
              JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum) = '{owner_id,hold_id}'
  LOOP
    EXECUTE format('DROP INDEX %s', only_one.name);
    EXECUTE format('CREATE INDEX ON %s (owner_id, hold_id, seq) WHERE hold_id IS NOT NULL', only_one.partition);
  END LOOP;
END $$;

-- Functions, from prisma/functions.

-- Returns the SQL of the credits of an account "a" that are held at a moment. at: the moment in SQL. It is a part of a
-- statement that reads the account: on a cluster, two statements may see the account before a posting and its holds after it.
CREATE OR REPLACE FUNCTION ledger.held_credits(at text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN format('
  CASE WHEN a.holds_expire_on <= %1$s THEN (
    SELECT coalesce(sum(h.amount - h.captured), 0)::bigint FROM ledger.holds h
     WHERE h.book = a.book AND h.owner_id = a.owner_id AND h.expires_on > %1$s AND h.released_on IS NULL
  ) ELSE a.held END', at);
END $$;

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
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.hold_json(bigint, text, text, bigint, text, jsonb, timestamp with time zone, timestamp with time zone, timestamp with time zone, bigint, timestamp with time zone, text);

-- at: the moment for which the hold's status is computed.
CREATE OR REPLACE FUNCTION ledger.hold_json(
  id bigint, owner_id text, operation text, amount bigint, captured bigint, nonce text, metadata jsonb, created_on timestamptz,
  expires_on timestamptz, released_on timestamptz, captured_by bigint, at timestamptz, book text DEFAULT NULL
) RETURNS json LANGUAGE sql STABLE
RETURN json_build_object(
  'id', id::text,
  'ownerId', owner_id,
  'book', book,
  'operation', operation,
  'amount', amount,
  'captured', captured,
  'nonce', nonce,
  'metadata', metadata,
  'status', CASE
    WHEN captured_by IS NOT NULL THEN 'CAPTURED'
    WHEN released_on IS NOT NULL THEN 'RELEASED'
    WHEN expires_on <= at THEN 'EXPIRED'
    ELSE 'HELD'
  END,
  'capturedBy', captured_by::text,
  'createdOn', ledger.epoch_ms(created_on),
  'expiresOn', ledger.epoch_ms(expires_on),
  'releasedOn', ledger.epoch_ms(released_on)
);

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

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.capture_hold(text, text, text, bigint, bigint, timestamp with time zone);

-- Notes that an entry captured credits of a hold. The hold ends, unless keeps is set and credits are left.
CREATE OR REPLACE FUNCTION ledger.capture_hold(
  app text, book text, owner_id text, id bigint, entry_id bigint, amount bigint, keeps boolean, at timestamptz, OUT hold json
) LANGUAGE plpgsql AS $$
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
END $$;

-- Makes a hold.
CREATE OR REPLACE FUNCTION ledger.make_hold(
  app text, book text, owner_id text, operation text, amount bigint, nonce text, metadata jsonb, hold_ms bigint,
  has_lots boolean, at timestamptz, OUT hold json
) LANGUAGE plpgsql AS $$
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
END $$;

-- Lets a live hold expire at a later moment. A hold that lasts as long already stays unchanged.
CREATE OR REPLACE FUNCTION ledger.prolong_hold(
  app text, book text, owner_id text, id bigint, until timestamptz, at timestamptz, OUT hold json, OUT changed boolean
) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  UPDATE ledger.holds h SET expires_on = until, first_expires_on = coalesce(h.first_expires_on, h.expires_on)
   WHERE h.app = app AND h.book = book AND h.owner_id = owner_id AND h.id = id AND h.expires_on < until;
  changed := FOUND;
  hold := (
    SELECT ledger.hold_json(h.id, h.owner_id, h.operation, h.amount, h.captured, h.nonce, h.metadata, h.created_on, h.expires_on,
                            h.released_on, h.captured_by, at, h.book)
      FROM ledger.holds h WHERE h.app = app AND h.book = book AND h.owner_id = owner_id AND h.id = id);
END $$;

-- Releases a live hold. Any other hold stays unchanged. outcome: released (also when it was released before or has
-- expired), hold_captured, or hold_not_found.
CREATE OR REPLACE FUNCTION ledger.release_hold(
  app text, book text, owner_id text, id bigint, at timestamptz, OUT outcome text, OUT hold json, OUT changed boolean
) LANGUAGE plpgsql AS $$
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
END $$;

-- Returns what an account's live holds set aside at a moment, and when the first of them expires.
CREATE OR REPLACE FUNCTION ledger.live_holds(
  book text, owner_id text, at timestamptz, OUT held bigint, OUT expire_on timestamptz
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
BEGIN
  SELECT coalesce(sum(h.amount - h.captured), 0), min(h.expires_on) INTO held, expire_on
    FROM ledger.holds h
   WHERE h.book = book AND h.owner_id = owner_id AND h.expires_on > at AND h.released_on IS NULL;
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.set_aside(text, text, text, bigint, bigint, bigint, bigint, timestamp with time zone, timestamp with time zone, bytea, text, text, bigint, text, jsonb, bigint, bigint, bigint, timestamp with time zone);

-- Carries out such a line after it was judged, and writes the account. The call has no unwritten entry of the account,
-- so that seq is the same as in its row. Credits that a hold gives back to a lot that has expired expire at once.
CREATE OR REPLACE FUNCTION ledger.set_aside(
  app text, book text, owner_id text, INOUT seq bigint, INOUT balance bigint, INOUT overdraft bigint, INOUT held bigint, INOUT expiry timestamptz,
  INOUT lots_expire_on timestamptz, INOUT head bytea, state text,
  operation text, amount bigint, nonce text, metadata jsonb, hold_ms bigint, releases bigint, prolongs bigint, until timestamptz,
  new_overdraft bigint, at timestamptz,
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
END $$;

-- Returns why a hold cannot be captured or prolonged, or null when it can. amount: of the capture; null: all that is left.
-- until: until when it is prolonged. kept: the credits that it sets aside.
CREATE OR REPLACE FUNCTION ledger.hold_refusal(
  app text, book text, owner_id text, id bigint, operation text, amount bigint, until timestamptz, at timestamptz,
  OUT refusal text, OUT details json, OUT kept bigint
) LANGUAGE plpgsql STABLE AS $$
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
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.judge_template(text, text, bigint, bigint, text, bigint, integer, bigint, text, boolean, bigint, bigint, bigint, bigint, text, json, bigint, boolean, bigint, text[], timestamp with time zone, bigint, numeric);

-- Returns why a line that is more than a plain entry may not be posted, or null when it may, if the balance allows it.
-- requested: the amount, if the caller gave one. until: until when a hold is prolonged. details: what the answer says about the refusal.
-- kept: the credits that a captured hold sets aside, which its capture may take.
-- voided: what is left of the lot that the line voids.
-- balance, held: of the account. more, more_credits: uses that are not written yet, and their credits.
CREATE OR REPLACE FUNCTION ledger.judge_template(
  book text, owner_id text, balance bigint, held bigint, operation text, amount bigint, limit_times integer, limit_credits bigint,
  limit_per text, limit_anchored boolean, reverses bigint, refunds bigint, captures bigint, requested bigint, prolongs bigint,
  until timestamptz, new_overdraft bigint, sets text, lot json, voids bigint, has_lots boolean, overdraft bigint, retired text[], at timestamptz, more bigint, more_credits numeric,
  OUT refusal text, OUT details json, OUT kept bigint, OUT voided bigint
) LANGUAGE plpgsql STABLE AS $$
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
END $$;

-- Turns the balance that an account has before its first lot into a lot, and reserves it for the holds that are live.
CREATE OR REPLACE FUNCTION ledger.open_lots(app text, book text, owner_id text, balance bigint, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
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
END $$;

-- Lets a hold that goes on after a capture reserve no more than it keeps: of the lots that are spent first.
CREATE OR REPLACE FUNCTION ledger.trim_reservations(book text, owner_id text, hold_id bigint) RETURNS void LANGUAGE plpgsql AS $$
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
END $$;

-- Takes the credits of an entry from lots. In turn: those that the hold it captures has reserved, what is left of the entry
-- that it corrects or the lot that it voids, what no hold has reserved, and what holds have reserved. The rest is debt.
CREATE OR REPLACE FUNCTION ledger.take_lots(
  book text, owner_id text, entry_id bigint, seq bigint, amount bigint, at timestamptz, hold_id bigint, corrects bigint, voids bigint
) RETURNS void LANGUAGE plpgsql AS $$
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
END $$;

-- Puts the credits of an entry into lots. They pay the account's debt first. Those of a correction return to the lots that
-- the corrected entry took from, the last one first: to a lot that has expired with a new expiry if revive is an object,
-- and otherwise to expire again at once. Those that move from another account make lots like those that they were taken
-- from, in proportion. The rest makes a lot as the operation says, or one of kind paid that never expires.
-- balance: before the entry. lot, revive: see ledger.expiry_on. source_…: the account and the entry that the credits come
-- from.
-- Returns when the first of these lots expires that has credits.
CREATE OR REPLACE FUNCTION ledger.fill_lots(
  app text, book text, owner_id text, entry_id bigint, seq bigint, amount bigint, balance bigint, at timestamptz, lot json, corrects bigint,
  revive json, source_book text, source_owner text, source_entry bigint, source_amount bigint
) RETURNS timestamptz LANGUAGE plpgsql AS $$
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
END $$;

-- The signature changes: dropped and created again. ledger.make_functions lets the roles of apps call their copies.

DROP FUNCTION ledger.replay_template(text, text, text, uuid, jsonb, text[], text[], bigint[], bigint[], bigint[], bigint[], bigint, json, bigint, timestamp with time zone, json);

-- Returns the answer to a request whose nonce this owner has used before: the original, and whether the request is
-- identical. Null when the owner has not used it.
-- own: whether the same attempt posted the original.
-- owner_ids, operations, requested, reverses, refunds, captures: of the request's lines. keeps: whether the hold keeps what
-- the capture leaves. hold_ms: set when the request is for a hold.
-- lot, voids: of the request's first line for this owner. balance: the owner's balance for the answer.
CREATE OR REPLACE FUNCTION ledger.replay_template(
  book text, owner_id text, nonce text, attempt uuid, metadata jsonb, owner_ids text[], operations text[], requested bigint[],
  reverses bigint[], refunds bigint[], captures bigint[], keeps boolean, hold_ms bigint, lot json, voids bigint, at timestamptz, balance json
) RETURNS json LANGUAGE plpgsql STABLE AS $$
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
--     keeps               whether the hold keeps what the capture leaves
--     hold_ms             how long the credits are set aside, in place of an entry
--     releases            the id of a hold, in place of an entry: without operation and nonce
--     prolongs, until     the same, and when it expires instead, in milliseconds since 1970
--     overdraft           how far below 0 the balance may go, in place of an entry: without operation and nonce
--     state               OPEN, SPENDING_FROZEN, FROZEN or CLOSED: what the entry makes of the account
--     lot                 {priority, kind, days, endOf, on}: the lot that the entry makes. See ledger.expiry_on
--     revive              {days, endOf}: how long credits are good that come back to a lot that has expired
--     voids               the id of a lot, whose rest the entry takes, whatever its amount
--     source              of credits that move: which of the request's lines, from 1, takes them elsewhere
-- skip_busy: leaves out each request with an account that is locked elsewhere.
-- lock_ms: how long to wait for locks; null: as long as the session's setting says.
-- Returns columns. By request:
--     answers   null: its lines were posted. Otherwise {outcome} and
--       busy                    {accounts}: the accounts that are locked elsewhere
--       duplicate               {entry or hold, identical, own, balance}: the original of the first owner who has used the
--                               nonce; own: the same attempt posted it
--       any other               {line, balance, details}: the first refused line, from 0, or the line that made no entry
--                               (held, prolonged and released, with the hold; set: the overdraft), and its owner's balance
--     moments   left out when all are now
--     transactions
--   and by line {ids, seqs, balances, overdrafts, held, states}: the entry, and its account after it. A replay is found
--   before anything else is judged. overdrafts and held are left out when all are 0, and states when all are open.
--   Also by line, where a line needs it: amounts (of voids and captures), holds (as a capture left it), and lapsed (credits
--   that expired at once after the entry).
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
END $$;

REVOKE ALL ON FUNCTION ledger.post_template FROM PUBLIC;

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

-- Returns holds by id.
CREATE OR REPLACE FUNCTION ledger.holds_by_id(app text, ids bigint[]) RETURNS json LANGUAGE plpgsql STABLE AS $$
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
END $$;

-- Returns the app's live holds of each owner in a book (null: the app's own), the newest 100, newest first, in the order of
-- the keys.
CREATE OR REPLACE FUNCTION ledger.live_holds_of(app text, owner_ids text[], book text DEFAULT NULL) RETURNS json LANGUAGE plpgsql STABLE AS $$
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
END $$;

-- Returns the entries that captured each hold of an owner in a book (null: the app's own), oldest first, up to 100, in the
-- order of the keys. The order is the one of the index that has them.
CREATE OR REPLACE FUNCTION ledger.captures_of(app text, owner_ids text[], hold_ids bigint[], book text DEFAULT NULL) RETURNS json LANGUAGE plpgsql STABLE AS $$
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
END $$;

-- Declares all operations of an app, which of them are retired, and the book of each that does not have the app's own, in
-- a migration of that app. The first call makes the app's partition. It refuses a name that no app can have, a list that
-- lacks or retires a shared operation or gives it another book, a book that the app may not use, and a list that drops an
-- operation of existing entries or holds or gives it another book. It locks only the app's own partition: ATTACH lets every
-- other app go on posting.
CREATE OR REPLACE FUNCTION ledger.set_operations(
  app text, operations text[], retired text[] DEFAULT '{}', books jsonb DEFAULT '{}'
) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '10s' AS $$
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
END $$;

REVOKE ALL ON FUNCTION ledger.set_operations FROM PUBLIC;

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
END $$;

-- Returns the version of the ledger's SQL in this database, and the oldest servers that it serves. A server has the version
-- in packages/ledger/src/database/version.ts. Every migration of the ledger raises the version. A migration that removes or
-- changes something that older servers use raises serves, too.
CREATE OR REPLACE FUNCTION ledger.version(OUT version integer, OUT serves integer) LANGUAGE sql IMMUTABLE AS $$
  SELECT 9, 1
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
  EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.version, ledger.may_use, ledger.may_use_book, ledger.now, ledger.epoch_ms,
    ledger.entry_json, ledger.hold_json, ledger.balance_json, ledger.live_holds, ledger.held_at, ledger.last_seq, ledger.seq_at, ledger.entries_by_id,
    ledger.entries_by_transaction, ledger.entries_by_nonce, ledger.holds_by_id, ledger.live_holds_of, ledger.captures_of, ledger.summary TO %I', app_role);
  -- These read accounts of the app's books, with the rights of their owner: what other apps have in them counts, too.
  EXECUTE format('GRANT EXECUTE ON FUNCTION ledger.apps_of, ledger.balances, ledger.amounts_at, ledger.account_entries,
    ledger.accounts_page, ledger.lots_by_id, ledger.lots_page, ledger.live_lots, ledger.expiring, ledger.uses_of_entries,
    ledger.lot_uses_page, ledger.lot_summary TO %I', app_role);
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

-- Functions that prisma/functions no longer has.

DROP FUNCTION ledger.judge_capture(text, text, text, bigint, text, bigint, timestamp with time zone);

-- The roles of apps call the functions that were made again.
SELECT ledger.grant_apps();
