-- A refund gives back a part of an earlier entry of its owner that is no correction itself, and was not reversed; all
-- refunds of an entry together, at most the whole.
(SELECT format('entry %s (seq %s of %s)', r.id, r.seq, to_json(r.owner_id)) AS broken, found, expected
   FROM ledger.entries r
   LEFT JOIN ledger.entries o ON o.app = $1 AND o.id = r.refunds, LATERAL (
     SELECT format('refunds %s', r.refunds) AS found, 'the id of an entry' AS expected
      WHERE o.id IS NULL
     UNION ALL
     SELECT format('refunds %s, an entry of %s', o.id, to_json(o.owner_id)), 'an entry of its own owner'
      WHERE o.owner_id <> r.owner_id
     UNION ALL
     SELECT format('operation %s', r.operation), format('operation %s, as entry %s', o.operation, o.id)
      WHERE o.operation <> r.operation
     UNION ALL
     SELECT format('amount %s', r.amount), format('the other sign, as entry %s moved %s', o.id, o.amount)
      WHERE sign(o.amount) <> -sign(r.amount)
     UNION ALL
     SELECT format('refunds %s, which is a reversal or a refund', o.id), 'neither'
      WHERE num_nonnulls(o.reverses, o.refunds) > 0
     UNION ALL
     SELECT format('refunds %s, which is later', o.id), 'an earlier entry'
      WHERE o.id >= r.id
   ) problem
  WHERE r.app = $1 AND r.refunds IS NOT NULL
  ORDER BY r.id)
UNION ALL
(SELECT format('entry %s (seq %s of %s)', o.id, o.seq, to_json(o.owner_id)),
        format('%s refunded%s', refunded, CASE WHEN is_reversed THEN ', and reversed' END),
        CASE WHEN is_reversed THEN 'one or the other' ELSE format('at most %s refunded', abs(o.amount)) END
   FROM (
     SELECT refunds, abs(sum(amount)) AS refunded FROM ledger.entries WHERE app = $1 AND refunds IS NOT NULL GROUP BY refunds
   ) r
   JOIN ledger.entries o ON o.app = $1 AND o.id = r.refunds, LATERAL (
     SELECT EXISTS (SELECT FROM ledger.entries e WHERE e.app = $1 AND e.reverses = o.id) AS is_reversed
   ) reversal
  WHERE refunded > abs(o.amount) OR is_reversed
  ORDER BY o.id)
