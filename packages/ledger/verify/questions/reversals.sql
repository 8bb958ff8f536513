-- A reversal undoes an earlier entry of its owner, which is not a correction: with the same operation and the negated
-- amount, once.
(SELECT format('entry %s (seq %s of %s)', r.id, r.seq, to_json(r.owner_id)) AS broken, problem->>0 AS found, problem->>1 AS expected
   FROM (
     SELECT owner_id, seq, id, operation, amount, reverses, row_number() OVER (PARTITION BY owner_id, reverses ORDER BY seq) AS times
       FROM ledger.entries
      WHERE app = $1 AND reverses IS NOT NULL
   ) r
   JOIN ledger.entries o ON o.app = $1 AND o.owner_id = r.owner_id AND o.id = r.reverses, LATERAL json_array_elements(json_build_array(
     CASE WHEN o.operation <> r.operation THEN
       json_build_array(format('operation %s', r.operation), format('operation %s, as entry %s', o.operation, o.id)) END,
     CASE WHEN o.amount <> -r.amount THEN
       json_build_array(format('amount %s', r.amount), format('amount %s, which undoes entry %s', -o.amount, o.id)) END,
     CASE WHEN num_nonnulls(o.reverses, o.refunds) > 0 THEN
       json_build_array(format('reverses %s, which is a reversal or a refund', o.id), 'neither') END,
     CASE WHEN o.seq >= r.seq THEN json_build_array(format('reverses %s, which is later', o.id), 'an earlier entry') END,
     CASE WHEN r.times > 1 THEN
       json_build_array(format('reverses %s, which was reversed before', r.reverses), 'an entry that is reversed once') END
   )) found (problem)
  WHERE json_typeof(problem) = 'array'
  ORDER BY r.owner_id, r.seq)
UNION ALL
-- Reversals whose entry is not their owner's. Only for these are other owners' entries searched.
(WITH lost AS MATERIALIZED (
   SELECT r.owner_id, r.seq, r.id, r.reverses
     FROM ledger.entries r
     LEFT JOIN ledger.entries o ON o.app = $1 AND o.owner_id = r.owner_id AND o.id = r.reverses
    WHERE r.app = $1 AND r.reverses IS NOT NULL AND o.id IS NULL
 ), of_others AS MATERIALIZED (
   SELECT o.id, o.owner_id FROM ledger.entries o WHERE o.app = $1 AND o.id IN (SELECT lost.reverses FROM lost)
 )
 SELECT format('entry %s (seq %s of %s)', lost.id, lost.seq, to_json(lost.owner_id)),
        format('reverses %s', lost.reverses) || CASE WHEN o.id IS NULL THEN '' ELSE format(', an entry of %s', to_json(o.owner_id)) END,
        CASE WHEN o.id IS NULL THEN 'the id of an entry' ELSE 'an entry of its own owner' END
   FROM lost LEFT JOIN of_others o ON o.id = lost.reverses
  ORDER BY lost.owner_id, lost.seq)
