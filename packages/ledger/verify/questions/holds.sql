-- Each hold has an account and is not older than the account; a released hold was released while it was live.
SELECT format('hold %s of %s', h.id, to_json(h.owner_id)) AS broken, found, expected
  FROM ledger.holds h
  LEFT JOIN ledger.accounts a ON a.book = h.book AND a.owner_id = h.owner_id, LATERAL (
    SELECT 'no account' AS found, 'an account of its owner' AS expected
     WHERE a.owner_id IS NULL
    UNION ALL
    SELECT format('released_on %s', h.released_on), format('released_on from %s on, and before %s', h.created_on, h.expires_on)
     WHERE h.released_on < h.created_on OR h.released_on >= h.expires_on
    UNION ALL
    SELECT format('created_on %s', h.created_on), 'created_on of its account, or later'
     WHERE h.created_on < a.created_on
  ) problem
 WHERE h.app = $1
 ORDER BY h.owner_id, h.created_on
