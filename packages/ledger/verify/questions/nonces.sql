-- A nonce of an account belongs to one transaction or one hold of the app.
SELECT format('nonce %s of %s%s', to_json(nonce), to_json(owner_id), ' in ' || nullif(book, $1)) AS broken,
       format('%s uses: %s', count(*), string_agg(use, ', ' ORDER BY use)) AS found,
       'one use' AS expected
  FROM (
    SELECT book, owner_id, nonce, 'transaction ' || transaction_id AS use
      FROM ledger.entries
     WHERE app = $1
     GROUP BY book, owner_id, nonce, transaction_id
    UNION ALL
    SELECT book, owner_id, nonce, 'hold ' || id
      FROM ledger.holds
     WHERE app = $1
  ) used
 GROUP BY book, owner_id, nonce
HAVING count(*) > 1
 ORDER BY book, owner_id, nonce
