-- A refund gives back a part of an earlier entry of its account, which is not a correction and was not reversed; the
-- refunds of an entry do not exceed it.
(SELECT format('entry %s (seq %s of %s%s)', r.id, r.seq, to_json(r.owner_id), ' in ' || nullif(r.book, $1)) AS broken, problem->>0 AS found, problem->>1 AS expected
   FROM ledger.entries r
   JOIN ledger.entries o ON o.app = $1 AND o.book = r.book AND o.owner_id = r.owner_id AND o.id = r.refunds, LATERAL json_array_elements(json_build_array(
     CASE WHEN o.operation <> r.operation THEN
       json_build_array(format('operation %s', r.operation), format('operation %s, as entry %s', o.operation, o.id)) END,
     CASE WHEN sign(o.amount) <> -sign(r.amount) THEN
       json_build_array(format('amount %s', r.amount), format('the other sign, as entry %s moved %s', o.id, o.amount)) END,
     CASE WHEN num_nonnulls(o.reverses, o.refunds) > 0 THEN
       json_build_array(format('refunds %s, which is a reversal or a refund', o.id), 'neither') END,
     CASE WHEN o.seq >= r.seq THEN json_build_array(format('refunds %s, which is later', o.id), 'an earlier entry') END
   )) found (problem)
  WHERE r.app = $1 AND json_typeof(problem) = 'array'
  ORDER BY r.book, r.owner_id, r.seq)
UNION ALL
-- Refunds whose entry is not their account's. Only for these are other accounts' entries searched.
(WITH lost AS MATERIALIZED (
   SELECT r.book, r.owner_id, r.seq, r.id, r.refunds
     FROM ledger.entries r
     LEFT JOIN ledger.entries o ON o.app = $1 AND o.book = r.book AND o.owner_id = r.owner_id AND o.id = r.refunds
    WHERE r.app = $1 AND r.refunds IS NOT NULL AND o.id IS NULL
 ), of_others AS MATERIALIZED (
   SELECT o.id, o.book, o.owner_id FROM ledger.entries o WHERE o.app = $1 AND o.id IN (SELECT lost.refunds FROM lost)
 )
 SELECT format('entry %s (seq %s of %s%s)', lost.id, lost.seq, to_json(lost.owner_id), ' in ' || nullif(lost.book, $1)),
        format('refunds %s', lost.refunds) || CASE WHEN o.id IS NULL THEN '' ELSE format(', an entry of %s%s', to_json(o.owner_id), ' in ' || nullif(o.book, $1)) END,
        CASE WHEN o.id IS NULL THEN 'the id of an entry' ELSE 'an entry of its own account' END
   FROM lost LEFT JOIN of_others o ON o.id = lost.refunds
  ORDER BY lost.book, lost.owner_id, lost.seq)
UNION ALL
(SELECT format('entry %s (seq %s of %s%s)', o.id, o.seq, to_json(o.owner_id), ' in ' || nullif(o.book, $1)),
        format('%s refunded%s', refunded, CASE WHEN v.reverses IS NOT NULL THEN ', and reversed' END),
        CASE WHEN v.reverses IS NOT NULL THEN 'one or the other' ELSE format('at most %s refunded', abs(o.amount)) END
   FROM (
     SELECT book, owner_id, refunds, abs(sum(amount)) AS refunded
       FROM ledger.entries
      WHERE app = $1 AND refunds IS NOT NULL
      GROUP BY book, owner_id, refunds
   ) r
   JOIN ledger.entries o ON o.app = $1 AND o.book = r.book AND o.owner_id = r.owner_id AND o.id = r.refunds
   LEFT JOIN (SELECT DISTINCT book, owner_id, reverses FROM ledger.entries WHERE app = $1 AND reverses IS NOT NULL) v
     ON v.book = o.book AND v.owner_id = o.owner_id AND v.reverses = o.id
  WHERE refunded > abs(o.amount) OR v.reverses IS NOT NULL
  ORDER BY o.book, o.owner_id, o.seq)
