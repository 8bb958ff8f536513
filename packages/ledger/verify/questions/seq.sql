-- The seqs of an account's entries are 1, 2, 3 … without gaps, and the account's own seq is the number of its entries.
(SELECT format('entry %s of %s%s', id, to_json(owner_id), ' in ' || nullif(book, $1)) AS broken,
        format('seq %s', seq) AS found,
        format('seq %s, as the one before it has %s', before + 1, before) AS expected
   FROM (
     SELECT *, lag(seq, 1, 0::bigint) OVER (PARTITION BY book, owner_id ORDER BY seq) AS before
       FROM ledger.entries
      WHERE app = ANY ($3) AND book = ANY ($2)
   ) e
  WHERE seq <> before + 1
  ORDER BY book, owner_id, seq)
UNION ALL
(SELECT format('account %s%s', to_json(a.owner_id), ' in ' || nullif(a.book, $1)),
        format('seq %s', a.seq),
        format('seq %s, the number of its entries', coalesce(e.count, 0))
   FROM ledger.accounts a
   LEFT JOIN (
     SELECT book, owner_id, count(*) AS count FROM ledger.entries WHERE app = ANY ($3) AND book = ANY ($2) GROUP BY book, owner_id
   ) e ON e.book = a.book AND e.owner_id = a.owner_id
  WHERE a.book = ANY ($2)
    AND a.seq <> coalesce(e.count, 0)
  ORDER BY a.book, a.owner_id)
