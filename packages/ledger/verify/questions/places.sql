-- Within a transaction, the places of each owner's entries are 1, 2, 3 … without gaps.
SELECT format('entry %s (seq %s of %s)', id, seq, to_json(owner_id)) AS broken,
       format('place %s', place) AS found,
       format('place %s in transaction %s', counted, transaction_id) AS expected
  FROM (
    SELECT *, row_number() OVER (PARTITION BY owner_id, transaction_id ORDER BY seq) AS counted
      FROM ledger.entries
     WHERE app = $1
  ) e
 WHERE place <> counted
 ORDER BY owner_id, seq
