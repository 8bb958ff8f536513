-- In the order of seq, created_on never decreases; the account was not updated before its last entry or hold.
(SELECT format('entry %s (seq %s of %s%s)', id, seq, to_json(owner_id), ' in ' || nullif(book, $1)) AS broken,
        format('created_on %s', created_on) AS found,
        format('created_on %s or later, as the entry before it', before) AS expected
   FROM (
     SELECT *, lag(created_on) OVER (PARTITION BY book, owner_id ORDER BY seq) AS before
       FROM ledger.entries
      WHERE app = ANY ($3) AND book = ANY ($2)
   ) e
  WHERE created_on < before
  ORDER BY book, owner_id, seq)
UNION ALL
(SELECT format('account %s%s', to_json(a.owner_id), ' in ' || nullif(a.book, $1)),
        format('updated_on %s', a.updated_on),
        format('updated_on %s or later, when its last entry or hold was made', last.made_on)
   FROM ledger.accounts a
   JOIN (
     SELECT book, owner_id, max(created_on) AS made_on
       FROM (
         SELECT book, owner_id, created_on FROM ledger.entries WHERE app = ANY ($3) AND book = ANY ($2)
         UNION ALL
         SELECT book, owner_id, created_on FROM ledger.holds WHERE book = ANY ($2)
       ) made
      GROUP BY book, owner_id
   ) last ON last.book = a.book AND last.owner_id = a.owner_id
  WHERE a.book = ANY ($2)
    AND a.updated_on < last.made_on
  ORDER BY a.book, a.owner_id)
