-- A reversal undoes an earlier entry of its owner that is no correction itself: same operation, negated amount, once.
SELECT format('entry %s (seq %s of %s)', r.id, r.seq, to_json(r.owner_id)) AS broken, found, expected
  FROM (
    SELECT *, row_number() OVER (PARTITION BY reverses ORDER BY id) AS times
      FROM ledger.entries
     WHERE app = $1 AND reverses IS NOT NULL
  ) r
  LEFT JOIN ledger.entries o ON o.app = $1 AND o.id = r.reverses, LATERAL (
    SELECT format('reverses %s', r.reverses) AS found, 'the id of an entry' AS expected
     WHERE o.id IS NULL
    UNION ALL
    SELECT format('reverses %s, an entry of %s', o.id, to_json(o.owner_id)), 'an entry of its own owner'
     WHERE o.owner_id <> r.owner_id
    UNION ALL
    SELECT format('operation %s', r.operation), format('operation %s, as entry %s', o.operation, o.id)
     WHERE o.operation <> r.operation
    UNION ALL
    SELECT format('amount %s', r.amount), format('amount %s, which undoes entry %s', -o.amount, o.id)
     WHERE o.amount <> -r.amount
    UNION ALL
    SELECT format('reverses %s, which is a reversal or a refund', o.id), 'neither'
     WHERE num_nonnulls(o.reverses, o.refunds) > 0
    UNION ALL
    SELECT format('reverses %s, which is later', o.id), 'an earlier entry'
     WHERE o.id >= r.id
    UNION ALL
    SELECT format('reverses %s, which was reversed before', r.reverses), 'an entry that is reversed once'
     WHERE r.times > 1
  ) problem
 ORDER BY r.id
