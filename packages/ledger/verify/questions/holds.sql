-- Each hold has an account, and was released, where it was, while it was live; holds of an owner are made one after another.
SELECT format('hold %s of %s', id, to_json(owner_id)) AS broken, found, expected
  FROM (
    SELECT h.*, a.owner_id IS NULL AS is_lost, lag(h.created_on) OVER (PARTITION BY h.owner_id ORDER BY h.id) AS before
      FROM ledger.holds h
      LEFT JOIN ledger.accounts a ON a.app = h.app AND a.owner_id = h.owner_id
     WHERE h.app = $1
  ) h, LATERAL (
    SELECT 'no account' AS found, 'an account of its owner' AS expected
     WHERE is_lost
    UNION ALL
    SELECT format('released_on %s', released_on), format('released_on from %s on, and before %s', created_on, expires_on)
     WHERE released_on < created_on OR released_on >= expires_on
    UNION ALL
    SELECT format('created_on %s', created_on), format('created_on %s or later, as the hold before it', before)
     WHERE created_on < before
  ) problem
 ORDER BY owner_id, id
