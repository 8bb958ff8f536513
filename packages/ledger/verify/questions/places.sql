-- Within a transaction, the places of each account's entries are 1, 2, 3 … without gaps.
SELECT format('entry %s (seq %s of %s%s)', id, seq, to_json(owner_id), ' in ' || nullif(book, $1)) AS broken,
       format('place %s', place) AS found,
       format('place %s in transaction %s', counted, transaction_id) AS expected
  FROM (
    SELECT *, row_number() OVER (PARTITION BY book, owner_id, transaction_id ORDER BY seq) AS counted
      FROM ledger.entries
     WHERE app = $1
  ) e
 WHERE place <> counted
 ORDER BY book, owner_id, seq
