-- Finds where the history of a book differs from a checkpoint. The app $1 made the book $2, and the apps $3 use it. $4, $5
-- and $6 are the checkpoint's accounts in order, with their seqs and heads. They are all accounts of the checkpoint whose
-- owners come after $7, up to $8. $9 is the checkpoint's date.
WITH compared AS MATERIALIZED (
  SELECT a.owner_id, c.seq, c.head, (
           SELECT max(encode(e.hash, 'hex')) FROM ledger.entries e
            WHERE e.app = ANY ($3) AND e.book = $2 AND e.owner_id = a.owner_id AND e.seq = c.seq
         ) AS hash, (
           -- A transaction that was open at the checkpoint may have an earlier time. None is open for an hour.
           SELECT max(ARRAY[e.id::text, e.created_on::text]) FROM ledger.entries e
            WHERE e.app = ANY ($3) AND e.book = $2 AND e.owner_id = a.owner_id AND e.seq = coalesce(c.seq, 0) + 1
              AND e.created_on < $9::timestamptz - interval '1 hour'
         ) AS early
    FROM ledger.accounts a
    LEFT JOIN unnest($4::text[], $5::bigint[], $6::bytea[]) c (owner_id, seq, head) ON c.owner_id = a.owner_id
   WHERE a.book = $2 AND a.owner_id > $7 AND ($8::text IS NULL OR a.owner_id <= $8)
)
SELECT broken, found, expected
  FROM (
    SELECT c.owner_id, format('account %s%s', to_json(c.owner_id), ' in ' || nullif($2, $1)) AS broken, 'no account' AS found,
           format('an account with %s entries', c.seq) AS expected
      FROM unnest($4::text[], $5::bigint[]) c (owner_id, seq)
      LEFT JOIN compared ON compared.owner_id = c.owner_id
     WHERE compared.owner_id IS NULL
    UNION ALL
    SELECT owner_id, format('account %s%s', to_json(owner_id), ' in ' || nullif($2, $1)),
           CASE WHEN hash IS NULL THEN format('no entry of seq %s', seq) ELSE format('hash %s at seq %s', hash, seq) END,
           format('hash %s at seq %s', encode(head, 'hex'), seq)
      FROM compared
     WHERE seq > 0 AND hash IS DISTINCT FROM encode(head, 'hex')
    UNION ALL
    SELECT owner_id, format('entry %s (seq %s of %s%s)', early[1], coalesce(seq, 0) + 1, to_json(owner_id), ' in ' || nullif($2, $1)),
           format('created_on %s', early[2]),
           format('created_on after the checkpoint of %s, which does not have it', $9::timestamptz)
      FROM compared
     WHERE early IS NOT NULL
  ) problem
 ORDER BY owner_id COLLATE "C"
