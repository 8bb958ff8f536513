-- Makes ledger.originals_<app>, which answers for each request what its nonce was used for by the first of its owners
-- that has used it; null: by none. Every posting asks it: a function of the app's own has its plan ready, for the app's
-- partition alone.
CREATE OR REPLACE FUNCTION ledger.make_originals(app text) RETURNS void LANGUAGE plpgsql AS $make$
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
END $make$;

REVOKE ALL ON FUNCTION ledger.make_originals FROM PUBLIC;

-- Asks the app's own function, once it has locked the table for what follows: before its partition, as every migration
-- does that changes which partitions there are. In the other order each would wait for the other.
CREATE OR REPLACE FUNCTION ledger.originals_of(app text, owner_ids text[], requests ledger.request[]) RETURNS ledger.original[] LANGUAGE plpgsql AS $$
DECLARE
  originals ledger.original[];
BEGIN
  LOCK TABLE ONLY ledger.entries IN ROW EXCLUSIVE MODE;
  EXECUTE format('SELECT ledger.%I($1, $2)', 'originals_' || app) INTO originals USING owner_ids, requests;
  RETURN originals;
END $$;

-- What a request's nonce was used for by the first of its owners that has used it: before the call (original), or by an
-- earlier request of the same call.
CREATE OR REPLACE FUNCTION ledger.first_original(
  request ledger.request, original ledger.original, owner_ids text[], pending ledger.entries[]
) RETURNS ledger.original LANGUAGE sql STABLE AS $$
  SELECT used.account, used.transaction_id, used.hold_id
    FROM unnest(request.lines) WITH ORDINALITY l, LATERAL (
      SELECT (original).account, (original).transaction_id, (original).hold_id WHERE (original).account = l.account
      UNION ALL
      SELECT l.account, e.transaction_id, NULL
        FROM unnest(pending) e WHERE e.owner_id = owner_ids[l.account] AND e.nonce = request.nonce
    ) used
   ORDER BY l.ordinality LIMIT 1
$$;

-- The id of the transaction that an attempt comes to. An owner's nonce is used once: so no two transactions share an id,
-- whatever ids of attempts callers send. It has the time of the attempt's, a UUIDv7.
CREATE OR REPLACE FUNCTION ledger.transaction_id(attempt uuid, owner_id text, nonce text) RETURNS uuid LANGUAGE sql IMMUTABLE
RETURN overlay(
  overlay(md5(concat(attempt, ' ', char_length(owner_id), ' ', owner_id, nonce)) PLACING '8' FROM 17 FOR 1)
  PLACING replace(left(attempt::text, 13), '-', '') || '7' FROM 1 FOR 13)::uuid;

-- The same for a request: by the owner of its first entry.
CREATE OR REPLACE FUNCTION ledger.transaction_id(request ledger.request, owner_ids text[]) RETURNS uuid LANGUAGE sql IMMUTABLE
RETURN ledger.transaction_id((request).id, owner_ids[(request).lines[1].account], (request).nonce);

-- The entries of a transaction, in their order.
CREATE OR REPLACE FUNCTION ledger.transaction_entries(app text, transaction_id uuid) RETURNS ledger.entries[] LANGUAGE plpgsql STABLE AS $$
DECLARE
  entries ledger.entries[];
BEGIN
  EXECUTE 'SELECT array_agg(e ORDER BY e.id) FROM ledger.entries e WHERE e.app = $1 AND e.transaction_id = $2'
    INTO entries USING app, transaction_id;
  RETURN entries;
END $$;

-- Whether entries are those that the request asks for: the same owners, operations, amounts (one left out equals whatever
-- was posted) and metadata, in order.
CREATE OR REPLACE FUNCTION ledger.is_same_request(entries ledger.entries[], request ledger.request, owner_ids text[]) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN (
  SELECT count(*) = count(e.id) AND count(*) = count(l.account) AND bool_and(
           e.owner_id = owner_ids[l.account] AND e.operation = l.operation AND e.metadata = request.metadata
           AND e.amount = coalesce(l.requested, e.amount)
           AND (e.reverses, e.refunds, e.hold_id) IS NOT DISTINCT FROM (l.reverses, l.refunds, l.hold_id))
    FROM unnest(entries) WITH ORDINALITY e
    FULL JOIN unnest(request.lines) WITH ORDINALITY l ON l.ordinality = e.ordinality
);

-- Answers a request whose nonce was used: with the original, the current balance of its owner, whether it is the same
-- request, and whether the original is what the same attempt has posted (own). pending: the call's own entries, not yet written.
CREATE OR REPLACE FUNCTION ledger.duplicate_json(
  request ledger.request, original ledger.original, owner_ids text[], account ledger.accounts, at timestamptz,
  pending ledger.entries[]
) RETURNS json LANGUAGE plpgsql STABLE AS $$
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
END $$;
