-- Whether the lines reverse all entries of one transaction, and do nothing else.
CREATE OR REPLACE FUNCTION ledger.is_whole_reversal(app text, lines ledger.line[]) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
  is_whole boolean;
BEGIN
  EXECUTE '
    SELECT array_agg(e.id ORDER BY e.id) = (SELECT array_agg(l.reverses ORDER BY l.reverses) FROM unnest($2) l)
      FROM ledger.entries e
     WHERE e.app = $1 AND e.transaction_id = (SELECT t.transaction_id FROM ledger.entries t WHERE t.app = $1 AND t.id = $3 LIMIT 1)'
    INTO is_whole USING app, lines, lines[1].reverses;
  RETURN coalesce(is_whole, false);
END $$;

-- Why an entry cannot be reversed or refunded as the line asks for, or null when it can. refundable: the credits that
-- refunds may still give back. pending: the call's own entries, not yet written.
CREATE OR REPLACE FUNCTION ledger.judge_correction(
  account ledger.accounts, line ledger.line, pending ledger.entries[], OUT refusal text, OUT refundable bigint
) LANGUAGE plpgsql STABLE AS $$
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
END $$;

-- Why a hold cannot be captured as the line asks for, or null when it can.
CREATE OR REPLACE FUNCTION ledger.judge_capture(hold ledger.holds, line ledger.line, at timestamptz) RETURNS text LANGUAGE sql IMMUTABLE
RETURN CASE
  WHEN (hold).id IS NULL OR (hold).operation <> (line).operation THEN 'hold_not_found'
  WHEN (hold).captured_by IS NOT NULL THEN 'hold_captured'
  WHEN (hold).released_on IS NOT NULL THEN 'hold_released'
  WHEN (hold).expires_on <= at THEN 'hold_expired'
  WHEN (line).amount NOT BETWEEN -(hold).amount AND -1 THEN 'capture_exceeded'
END;

-- Why an entry may not be posted to an account, or null when it may; details: what the answer says of it.
-- retired: the app's operations that may only be corrected and captured. hold: the one that the line captures.
-- pending: the call's own entries, not yet written.
CREATE OR REPLACE FUNCTION ledger.judge(
  account ledger.accounts, line ledger.line, retired text[], hold ledger.holds, at timestamptz, pending ledger.entries[]
) RETURNS ledger.verdict LANGUAGE plpgsql STABLE AS $$
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
END $$;
