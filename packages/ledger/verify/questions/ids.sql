-- No two entries have the same id. (Ids may decrease along seq: the nodes of a cluster give them out independently.)
SELECT format('entry %s', id) AS broken,
       format('the id of %s entries: %s', count(*),
         string_agg(format('seq %s of %s%s', seq, to_json(owner_id), ' in ' || nullif(book, $1)), ', ' ORDER BY owner_id, book, seq)) AS found,
       'the id of one entry' AS expected
  FROM ledger.entries
 WHERE app = $1
 GROUP BY id
HAVING count(*) > 1
 ORDER BY min(owner_id), min(seq)
