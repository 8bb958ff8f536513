-- A reversal undoes an earlier entry of its account, which is not a correction: with the same operation and the negated
-- amount, once.
(SELECT format('entry %s (seq %s of %s%s)', r.id, r.seq, to_json(r.owner_id), ' in ' || nullif(r.book, $1)) AS broken, problem->>0 AS found, problem->>1 AS expected
   FROM (
     SELECT book, owner_id, seq, id, operation, amount, reverses, row_number() OVER (PARTITION BY book, owner_id, reverses ORDER BY seq) AS times
       FROM ledger.entries
      WHERE app = $1 AND reverses IS NOT NULL
   ) r
   JOIN ledger.entries o ON o.app = $1 AND o.book = r.book AND o.owner_id = r.owner_id AND o.id = r.reverses, LATERAL json_array_elements(json_build_array(
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
  ORDER BY r.book, r.owner_id, r.seq)
UNION ALL
-- Reversals whose entry is not their account's. Only for these are other accounts' entries searched.
(WITH lost AS MATERIALIZED (
   SELECT r.book, r.owner_id, r.seq, r.id, r.reverses
     FROM ledger.entries r
     LEFT JOIN ledger.entries o ON o.app = $1 AND o.book = r.book AND o.owner_id = r.owner_id AND o.id = r.reverses
    WHERE r.app = $1 AND r.reverses IS NOT NULL AND o.id IS NULL
 ), of_others AS MATERIALIZED (
   SELECT o.id, o.book, o.owner_id FROM ledger.entries o WHERE o.app = $1 AND o.id IN (SELECT lost.reverses FROM lost)
 )
 SELECT format('entry %s (seq %s of %s%s)', lost.id, lost.seq, to_json(lost.owner_id), ' in ' || nullif(lost.book, $1)),
        format('reverses %s', lost.reverses) || CASE WHEN o.id IS NULL THEN '' ELSE format(', an entry of %s%s', to_json(o.owner_id), ' in ' || nullif(o.book, $1)) END,
        CASE WHEN o.id IS NULL THEN 'the id of an entry' ELSE 'an entry of its own account' END
   FROM lost LEFT JOIN of_others o ON o.id = lost.reverses
  ORDER BY lost.book, lost.owner_id, lost.seq)
