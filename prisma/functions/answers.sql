-- The JSON that the functions return. Columns are passed one by one: on a cluster, a row that was read from a shard has
-- the shard's type.

-- Moments are milliseconds since 1970.
CREATE OR REPLACE FUNCTION ledger.epoch_ms(moment timestamptz) RETURNS bigint LANGUAGE sql STABLE
RETURN (extract(epoch FROM moment) * 1000)::bigint;

CREATE OR REPLACE FUNCTION ledger.entry_json(
  id bigint, owner_id text, seq bigint, operation text, amount bigint, balance_after bigint, nonce text, transaction_id uuid,
  metadata jsonb, created_on timestamptz, reverses bigint, refunds bigint, hold_id bigint, book text DEFAULT NULL
) RETURNS json LANGUAGE sql STABLE
RETURN json_build_object(
  'id', id::text,
  'ownerId', owner_id,
  'book', book,
  'seq', seq,
  'operation', operation,
  'amount', amount,
  'balanceAfter', balance_after,
  'nonce', nonce,
  'transactionId', transaction_id,
  'metadata', metadata,
  'createdOn', ledger.epoch_ms(created_on),
  'reverses', reverses::text,
  'refunds', refunds::text,
  'holdId', hold_id::text
);

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

-- held: what live holds reserve of the lot. at: the moment for which its status is computed.
CREATE OR REPLACE FUNCTION ledger.lot_json(
  id bigint, app text, owner_id text, book text, entry_id bigint, seq bigint, amount bigint, rest bigint, held bigint, priority integer, kind text,
  created_on timestamptz, expires_on timestamptz, at timestamptz
) RETURNS json LANGUAGE sql STABLE
RETURN json_build_object(
  'id', id::text,
  'app', app,
  'ownerId', owner_id,
  'book', book,
  'entryId', entry_id::text,
  'seq', seq,
  'amount', amount,
  'rest', CASE WHEN expires_on <= at THEN least(rest, held) ELSE rest END,
  'held', least(rest, held),
  'priority', priority,
  'kind', kind,
  'createdOn', ledger.epoch_ms(created_on),
  'expiresOn', ledger.epoch_ms(expires_on)
);

CREATE OR REPLACE FUNCTION ledger.use_json(lot_id bigint, entry_id bigint, seq bigint, place integer, amount bigint) RETURNS json LANGUAGE sql IMMUTABLE
RETURN json_build_object('lotId', lot_id::text, 'entryId', entry_id::text, 'seq', seq, 'place', place, 'amount', amount);

CREATE OR REPLACE FUNCTION ledger.balance_json(
  owner_id text, balance bigint, overdraft bigint, held bigint, state text
) RETURNS json LANGUAGE sql IMMUTABLE
RETURN json_build_object(
  'ownerId', owner_id,
  'amount', balance,
  'overdraft', overdraft,
  'held', held,
  'available', balance - held + overdraft,
  'state', coalesce(state, 'OPEN')
);
