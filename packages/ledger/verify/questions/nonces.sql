-- An owner's nonce belongs to one transaction or one hold.
SELECT format('nonce %s of %s', to_json(nonce), to_json(owner_id)) AS broken,
       format('%s uses: %s', count(*), string_agg(use, ', ' ORDER BY use)) AS found,
       'one use' AS expected
  FROM (
    SELECT owner_id, nonce, 'transaction ' || transaction_id AS use
      FROM ledger.entries
     WHERE app = $1
     GROUP BY owner_id, nonce, transaction_id
    UNION ALL
    SELECT owner_id, nonce, 'hold ' || id
      FROM ledger.holds
     WHERE app = $1
  ) used
 GROUP BY owner_id, nonce
HAVING count(*) > 1
 ORDER BY owner_id, nonce
