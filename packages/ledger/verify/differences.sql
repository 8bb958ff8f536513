-- Finds where an app's history differs from a checkpoint. $2, $3 and $4 are the checkpoint's accounts in order, with
-- their seqs and heads. They are all accounts of the checkpoint whose owners come after $5, up to $6. $7 is the
-- checkpoint's date.
SELECT broken, found, expected
  FROM (
    SELECT coalesce(c.owner_id, a.owner_id) AS owner_id, c.seq, c.head, a.owner_id IS NULL AS is_missing
      FROM unnest($2::text[], $3::bigint[], $4::bytea[]) c (owner_id, seq, head)
      FULL JOIN (
        SELECT owner_id FROM ledger.accounts WHERE book = $1 AND owner_id > $5 AND ($6::text IS NULL OR owner_id <= $6)
      ) a ON a.owner_id = c.owner_id
  ) account
  LEFT JOIN LATERAL (
    SELECT e.hash FROM ledger.entries e
     WHERE e.app = $1 AND e.book = $1 AND e.owner_id = account.owner_id AND e.seq = account.seq
     LIMIT 1
  ) last ON true
  LEFT JOIN LATERAL (
    SELECT e.id, e.seq, e.created_on FROM ledger.entries e
     WHERE e.app = $1 AND e.book = $1 AND e.owner_id = account.owner_id AND e.seq = coalesce(account.seq, 0) + 1
     LIMIT 1
  ) next ON true, LATERAL (
    SELECT format('account %s', to_json(account.owner_id)) AS broken, 'no account' AS found,
           format('an account with %s entries', account.seq) AS expected
     WHERE account.is_missing
    UNION ALL
    SELECT format('account %s', to_json(account.owner_id)),
           CASE
             WHEN last.hash IS NULL THEN format('no entry of seq %s', account.seq)
             ELSE format('hash %s at seq %s', encode(last.hash, 'hex'), account.seq)
           END,
           format('hash %s at seq %s', encode(account.head, 'hex'), account.seq)
     WHERE NOT account.is_missing AND account.seq > 0 AND last.hash IS DISTINCT FROM account.head
    UNION ALL
    -- A transaction that was open at the checkpoint may have an earlier time. None is open for an hour.
    SELECT format('entry %s (seq %s of %s)', next.id, next.seq, to_json(account.owner_id)), format('created_on %s', next.created_on),
           format('created_on after the checkpoint of %s, which does not have it', $7::timestamptz)
     WHERE next.created_on < $7::timestamptz - interval '1 hour'
  ) problem
 ORDER BY owner_id
