-- Returns the id of the transaction that an attempt leads to. An app uses a nonce once in an owner's account, so no two
-- of its transactions share an id, whatever attempt ids callers send. It is a UUIDv7 with the time of the attempt's id.
-- book: null for the app's own.
CREATE OR REPLACE FUNCTION ledger.transaction_id(attempt uuid, owner_id text, nonce text, book text DEFAULT NULL) RETURNS uuid LANGUAGE sql IMMUTABLE
RETURN (left(attempt::text, 14) || '7'
  || overlay(left(md5(attempt::text || ' ' || coalesce(book || ' ', '') || char_length(owner_id)::text || ' ' || owner_id || nonce), 19)
             PLACING '8' FROM 4 FOR 1))::uuid;

-- Returns how many entries a transaction has. On a cluster it asks all shards, for what is committed.
CREATE OR REPLACE FUNCTION ledger.entries_everywhere_template(transaction_id uuid) RETURNS bigint LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_variable
BEGIN
  RETURN (SELECT count(*) FROM ledger.entries_template e WHERE e.transaction_id = transaction_id);
END $$;

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
