-- Lots: the parts of a balance, each with a priority, a kind and perhaps an expiry. An account has lots from its first
-- grant of an operation with a lot on: accounts.lots_expire_on is null before. Then
--   the sum of rest over its lots = its balance + its debt,
-- where the debt is what it has spent of its overdraft beyond all lots that it could take from.
-- A lot is taken from in one order: priority, soonest expiry, promotional before paid, oldest. What live holds reserve of a
-- lot is left for them. A lot that expires while it is reserved is good for these holds until they end. A spend that only
-- the overdraft allows takes what is reserved of lots that have not expired, too: the overdraft then covers the holds.
-- Each function is for an account that its caller has locked, or reads in one statement. On a cluster, a statement that reads
-- lots can call no function that reads their reservations, so each has the sum of them itself.

-- Returns when a lot expires that is made at a moment, or null for never. expiry: null, or an object with one or several of
-- days (of 24 hours), endOf (of a day, week, month or year in UTC) and on (in milliseconds since 1970): the earliest one.
CREATE OR REPLACE FUNCTION ledger.expiry_on(expiry json, at timestamptz) RETURNS timestamptz LANGUAGE sql STABLE
RETURN least(
  at + (expiry ->> 'days')::integer * interval '24 hours',
  (date_trunc(expiry ->> 'endOf', at, 'UTC') AT TIME ZONE 'UTC' + ('1 ' || (expiry ->> 'endOf'))::interval) AT TIME ZONE 'UTC',
  to_timestamp((expiry ->> 'on')::bigint / 1000.0)
);

-- Makes a lot. entry_id, seq: of the entry that made it, null and 0 for the lot of a balance that there was before. paid:
-- what of it pays the account's debt.
CREATE OR REPLACE FUNCTION ledger.make_lot(
  app text, book text, owner_id text, entry_id bigint, seq bigint, amount bigint, priority integer, kind text, expires_on timestamptz,
  at timestamptz, paid bigint
) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  id CONSTANT bigint := nextval('ledger.lots_id_seq');
BEGIN
  INSERT INTO ledger.lots (app, book, owner_id, id, entry_id, seq, amount, rest, priority, kind, created_on, expires_on)
  VALUES (app, book, owner_id, id, entry_id, seq, amount, amount - paid, priority, kind, at, expires_on);
  IF paid > 0 THEN
    INSERT INTO ledger.lot_uses (book, owner_id, lot_id, entry_id, seq, place, amount) VALUES (book, owner_id, id, entry_id, seq, 0, -paid);
  END IF;
END $$;

-- Changes what is left of a lot, and notes by which entry. place: where the use is among those of its entry. returns: the
-- entry whose credits come back.
CREATE OR REPLACE FUNCTION ledger.use_lot(
  book text, owner_id text, lot_id bigint, entry_id bigint, seq bigint, place integer, amount bigint, returns bigint DEFAULT NULL
) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  UPDATE ledger.lots l SET rest = l.rest + amount WHERE l.book = book AND l.owner_id = owner_id AND l.id = lot_id;
  INSERT INTO ledger.lot_uses (book, owner_id, lot_id, entry_id, seq, place, amount, returns)
  VALUES (book, owner_id, lot_id, entry_id, seq, place, amount, returns);
END $$;

-- Reserves lots for a hold that was made, in the order in which a spend would take them. What they do not cover, the
-- overdraft covers.
CREATE OR REPLACE FUNCTION ledger.reserve_lots(book text, owner_id text, hold_id bigint, amount bigint, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
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

-- Moves the credits of an entry that is posted into or out of an account's lots. A grant with a lot, and credits that are
-- more than plain ones where they come from, make the account's first lots. Parameters as in ledger.take_lots and
-- ledger.fill_lots. Returns what accounts.lots_expire_on becomes.
CREATE OR REPLACE FUNCTION ledger.move_lots(
  app text, book text, owner_id text, entry_id bigint, seq bigint, amount bigint, balance bigint, at timestamptz, lot json, corrects bigint, revive json,
  hold_id bigint, voids bigint, source_book text, source_owner text, source_entry bigint, source_amount bigint, INOUT lots_expire_on timestamptz
) LANGUAGE plpgsql AS $$
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
END $$;

-- Returns the SQL of the credits of an account "a" that have expired up to a moment and that no entry has taken yet. at: the
-- moment in SQL. It is a part of a statement that reads the account: on a cluster, two statements may see the account before
-- a posting and its lots after it.
CREATE OR REPLACE FUNCTION ledger.expired_credits(at text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN format('
  CASE WHEN a.lots_expire_on <= %1$s THEN (
    SELECT coalesce(sum(l.rest - least(l.rest, (
             SELECT coalesce(sum(r.amount), 0) FROM ledger.lot_holds r
               JOIN ledger.holds h ON h.book = r.book AND h.owner_id = r.owner_id AND h.id = r.hold_id
              WHERE r.book = a.book AND r.owner_id = a.owner_id AND r.lot_id = l.id AND h.released_on IS NULL AND h.expires_on > %1$s))), 0)::bigint
      FROM ledger.lots l WHERE l.book = a.book AND l.owner_id = a.owner_id AND l.rest > 0 AND l.expires_on <= %1$s
  ) ELSE 0 END', at);
END $$;

-- Returns the credits of an account's lots that no hold which is live at a moment has reserved: of all lots, or of those that
-- have expired by then. These no entry has taken yet.
CREATE OR REPLACE FUNCTION ledger.unreserved(book text, owner_id text, at timestamptz, is_expired boolean) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
BEGIN
  RETURN (
    SELECT coalesce(sum(l.rest - least(l.rest, (
             SELECT coalesce(sum(r.amount), 0) FROM ledger.lot_holds r
               JOIN ledger.holds h ON h.book = r.book AND h.owner_id = r.owner_id AND h.id = r.hold_id
              WHERE r.book = book AND r.owner_id = owner_id AND r.lot_id = l.id AND h.released_on IS NULL AND h.expires_on > at))), 0)
      FROM ledger.lots l WHERE l.book = book AND l.owner_id = owner_id AND l.rest > 0 AND (NOT is_expired OR l.expires_on <= at))::bigint;
END $$;

-- Returns the credits that a reversal of an entry could give back to lots that have expired.
CREATE OR REPLACE FUNCTION ledger.lapsing(book text, owner_id text, corrects bigint, at timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
BEGIN
  RETURN (
    SELECT coalesce(-sum(u.amount), 0)
      FROM ledger.lot_uses u JOIN ledger.lots l ON l.book = u.book AND l.owner_id = u.owner_id AND l.id = u.lot_id
     WHERE u.book = book AND u.owner_id = owner_id AND u.entry_id = corrects AND u.place > 0 AND l.expires_on <= at)::bigint;
END $$;

-- Returns an id for an attempt that no caller made: a UUIDv7 of a moment.
CREATE OR REPLACE FUNCTION ledger.random_attempt(moment timestamptz) RETURNS uuid LANGUAGE sql VOLATILE
RETURN overlay(gen_random_uuid()::text PLACING regexp_replace(lpad(to_hex(ledger.epoch_ms(moment)), 12, '0'), '(.{8})', '\1-') || '-7' FROM 1 FOR 15)::uuid;

-- Posts the expiry of all credits of an account that have expired up to a moment, each at its own: that of the lot, or of
-- the end of a hold that reserved them. No entry is earlier than the last change of the account before it. An entry belongs
-- to the app that made the lot. Its nonce is the id of its transaction, which no caller can know before.
CREATE OR REPLACE FUNCTION ledger.settle_lots(
  book text, owner_id text, at timestamptz, INOUT balance bigint, INOUT held bigint, INOUT holds_expire_on timestamptz, INOUT seq bigint,
  INOUT head bytea, INOUT updated_on timestamptz, OUT lots_expire_on timestamptz
) LANGUAGE plpgsql AS $$
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
END $$;

-- Returns the moment that counts for an account: the present one, and never one before its last change. EXECUTE plans it at
-- each call, as in ledger.balances.
CREATE OR REPLACE FUNCTION ledger.account_now(book text, owner_id text) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
  updated_on timestamptz;
BEGIN
  EXECUTE 'SELECT a.updated_on FROM ledger.accounts a WHERE a.book = $1 AND a.owner_id = $2' INTO updated_on USING book, owner_id;
  RETURN greatest(ledger.now(), updated_on);
END $$;

-- Returns lots that an app made by id.
CREATE OR REPLACE FUNCTION ledger.lots_by_id(app text, ids bigint[]) RETURNS json LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
END $$;

-- Returns lots of an account as a JSON array, by seq and id between two exclusive bounds: those with credits left (live), or
-- all. It reads with the rights of its owner, because every app of the book may know them.
CREATE OR REPLACE FUNCTION ledger.lots_page(
  book text, owner_id text, live boolean, above bigint[], below bigint[], descending boolean, size integer
) RETURNS json LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
END $$;

-- Returns the lots of accounts that credits are taken from, in this order: a JSON array by owner, of up to 100 lots each.
CREATE OR REPLACE FUNCTION ledger.live_lots(book text, owner_ids text[]) RETURNS json LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
END $$;

-- Returns how many credits of accounts expire next and when, as a JSON array by owner. Null where none do.
CREATE OR REPLACE FUNCTION ledger.expiring(book text, owner_ids text[]) RETURNS json LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
END $$;

-- Returns what entries took from lots and gave back to them: a JSON array by entry, of up to 100 uses each, in their order.
CREATE OR REPLACE FUNCTION ledger.uses_of_entries(book text, owner_ids text[], entry_ids bigint[]) RETURNS json LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
END $$;

-- Returns the uses of a lot as a JSON array, by seq and place between two exclusive bounds.
CREATE OR REPLACE FUNCTION ledger.lot_uses_page(
  book text, owner_id text, lot_id bigint, above bigint[], below bigint[], descending boolean, size integer
) RETURNS json LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
END $$;

-- Returns what became of the lots that an app made in a book, of one owner (null: of all), as a JSON array: one line for each
-- kind of lots and each window (hour, day, month; UTC) between two moments. granted, used, expired and voided are sums of the
-- window, and outstanding is what is left at its end. What comes back counts as used less. Null without lots. Sums are text,
-- because they may exceed what a JSON number holds exactly. It reads with the rights of its owner: entries of other apps use
-- the lots, too. EXECUTE plans it at each call, for its arguments.
CREATE OR REPLACE FUNCTION ledger.lot_summary(
  app text, owner_id text, after timestamptz, until timestamptz, per text, book text DEFAULT NULL
) RETURNS json LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
END $$;
