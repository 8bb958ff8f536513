-- Moments are answered as milliseconds since 1970.
CREATE OR REPLACE FUNCTION ledger.epoch_ms(moment timestamptz) RETURNS bigint LANGUAGE sql STABLE
RETURN (extract(epoch FROM moment) * 1000)::bigint;

CREATE OR REPLACE FUNCTION ledger.entry_json(entry ledger.entries) RETURNS json LANGUAGE sql STABLE
RETURN json_build_object(
  'id', (entry).id::text,
  'ownerId', (entry).owner_id,
  'seq', (entry).seq,
  'operation', (entry).operation,
  'amount', (entry).amount,
  'balanceAfter', (entry).balance_after,
  'nonce', (entry).nonce,
  'transactionId', (entry).transaction_id,
  'metadata', (entry).metadata,
  'createdOn', ledger.epoch_ms((entry).created_on),
  'reverses', (entry).reverses::text,
  'refunds', (entry).refunds::text,
  'holdId', (entry).hold_id::text
);

CREATE OR REPLACE FUNCTION ledger.hold_json(hold ledger.holds, at timestamptz) RETURNS json LANGUAGE sql STABLE
RETURN json_build_object(
  'id', (hold).id::text,
  'ownerId', (hold).owner_id,
  'operation', (hold).operation,
  'amount', (hold).amount,
  'nonce', (hold).nonce,
  'metadata', (hold).metadata,
  'status', CASE
    WHEN (hold).captured_by IS NOT NULL THEN 'CAPTURED'
    WHEN (hold).released_on IS NOT NULL THEN 'RELEASED'
    WHEN (hold).expires_on <= at THEN 'EXPIRED'
    ELSE 'HELD'
  END,
  'capturedBy', (hold).captured_by::text,
  'createdOn', ledger.epoch_ms((hold).created_on),
  'expiresOn', ledger.epoch_ms((hold).expires_on),
  'releasedOn', ledger.epoch_ms((hold).released_on)
);

CREATE OR REPLACE FUNCTION ledger.balance_json(account ledger.accounts) RETURNS json LANGUAGE sql STABLE
RETURN json_build_object(
  'ownerId', (account).owner_id,
  'amount', (account).balance,
  'overdraft', (account).overdraft,
  'held', (account).held,
  'available', (account).balance - (account).held + (account).overdraft
);

-- The balances of the accounts that lines are for, each once, in the order of the lines.
CREATE OR REPLACE FUNCTION ledger.balances_json(accounts ledger.accounts[], lines ledger.line[]) RETURNS json LANGUAGE plpgsql STABLE AS $$
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
END $$;
