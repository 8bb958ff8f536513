-- In the order of seq, created_on never decreases; the account was not updated before its last entry or hold.
(SELECT format('entry %s (seq %s of %s)', id, seq, to_json(owner_id)) AS broken,
        format('created_on %s', created_on) AS found,
        format('created_on %s or later, as the entry before it', before) AS expected
   FROM (
     SELECT *, lag(created_on) OVER (PARTITION BY owner_id ORDER BY seq) AS before
       FROM ledger.entries
      WHERE app = $1
   ) e
  WHERE created_on < before
  ORDER BY owner_id, seq)
UNION ALL
(SELECT format('account %s', to_json(a.owner_id)),
        format('updated_on %s', a.updated_on),
        format('updated_on %s or later, when its last entry or hold was made', last.made_on)
   FROM ledger.accounts a
   JOIN (
     SELECT owner_id, max(created_on) AS made_on
       FROM (
         SELECT owner_id, created_on FROM ledger.entries WHERE app = $1
         UNION ALL
         SELECT owner_id, created_on FROM ledger.holds WHERE app = $1
       ) made
      GROUP BY owner_id
   ) last ON last.owner_id = a.owner_id
  WHERE a.book = $1
    AND a.updated_on < last.made_on
  ORDER BY a.owner_id)
