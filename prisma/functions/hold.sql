-- Lines that make no entry: they set credits aside, keep them set aside for longer, make them available again, or set how
-- far below 0 the balance may go. Their effect is written at once. No later line of the call undoes it.

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
