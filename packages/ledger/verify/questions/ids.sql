-- No two entries have one id, and ids rise along seq: an entry gets its id while its account is locked.
(SELECT format('entry %s', id) AS broken,
        format('the id of %s entries: %s', count(*),
          string_agg(format('seq %s of %s', seq, to_json(owner_id)), ', ' ORDER BY owner_id, seq)) AS found,
        'the id of one entry' AS expected
   FROM ledger.entries
  WHERE app = $1
  GROUP BY id
 HAVING count(*) > 1
  ORDER BY id)
UNION ALL
(SELECT format('entry %s (seq %s of %s)', id, seq, to_json(owner_id)),
        format('id %s', id),
        format('an id above %s, which the entry before it has', before)
   FROM (
     SELECT *, lag(id) OVER (PARTITION BY owner_id ORDER BY seq) AS before
       FROM ledger.entries
      WHERE app = $1
   ) e
  WHERE id <= before
  ORDER BY owner_id, seq)
