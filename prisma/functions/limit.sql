-- When the calendar window (UTC; weeks from Monday) that a moment is in began, and when the next one begins.
CREATE OR REPLACE FUNCTION ledger.limit_window(per text, at timestamptz, OUT began timestamptz, OUT ends timestamptz) LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF per = 'lifetime' THEN
    began := '-infinity';
  ELSE
    began := date_trunc(per, at, 'UTC');
    ends := (date_trunc(per, at, 'UTC') AT TIME ZONE 'UTC' + ('1 ' || per)::interval) AT TIME ZONE 'UTC';
  END IF;
END $$;

-- Whether the owner has used an operation as often as its limit allows. Reversed entries count, and so do holds, at the
-- time they were made; reversals, refunds and captures do not. pending: the call's own entries, not yet written.
CREATE OR REPLACE FUNCTION ledger.is_limit_reached(account ledger.accounts, line ledger.line, at timestamptz, pending ledger.entries[]) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
  since timestamptz := (ledger.limit_window(line.limit_per, at)).began;
  used bigint;
BEGIN
  -- The newest ones alone are read, as many as the limit allows: an index has those that count by themselves.
  EXECUTE '
    SELECT count(*) FROM (
      (SELECT e.created_on FROM ledger.entries e
        WHERE e.app = $1 AND e.owner_id = $2 AND e.operation = $3 AND num_nonnulls(e.reverses, e.refunds, e.hold_id) = 0
        ORDER BY e.seq DESC LIMIT $4)
      UNION ALL
      (SELECT h.created_on FROM ledger.holds h
        WHERE h.app = $1 AND h.owner_id = $2 AND h.operation = $3
        ORDER BY h.id DESC LIMIT $4)
    ) newest WHERE newest.created_on >= $5'
    INTO used USING account.app, account.owner_id, line.operation, line.limit_times, since;
  SELECT used + count(*) INTO used FROM unnest(pending) e
   WHERE e.owner_id = account.owner_id AND e.operation = line.operation AND e.created_on >= since
     AND num_nonnulls(e.reverses, e.refunds, e.hold_id) = 0;
  RETURN used >= line.limit_times;
END $$;
