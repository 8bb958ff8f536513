-- Each entry's hash follows from what it says and the hash before it; the account's head is the hash of its last entry.

-- This runs for the owners from $4 on, before $5. It names the first wrong entry of each account. A null in a required
-- column makes a null hash, which is wrong too. The SQL repeats prisma/functions/chain.sql, because whoever changes
-- entries may have replaced the ledger's functions too.
WITH chained AS (
  SELECT book, owner_id, seq, id, hash, lead(seq) OVER account IS NULL AS is_last,
         sha256(
           lag(hash, 1, sha256('shared-ledger/account/1'::bytea || int4send(octet_length(book)) || convert_to(book || owner_id, 'UTF8')))
             OVER account
           || sha256('\x01'::bytea || int8send(seq) || int8send(id) || int8send(amount) || int8send(balance_after) || int4send(place)
             || uuid_send(transaction_id) || timestamptz_send(created_on)
             || coalesce('\x08'::bytea || int8send(reverses), '\x00')
             || coalesce('\x08'::bytea || int8send(refunds), '\x00')
             || coalesce('\x08'::bytea || int8send(hold_id), '\x00')
             || int4send(octet_length(app)) || int4send(octet_length(book)) || int4send(octet_length(owner_id))
             || int4send(octet_length(operation)) || int4send(octet_length(nonce))
             || convert_to(app || book || owner_id || operation || nonce || metadata::text, 'UTF8'))
         ) AS follows
    FROM ledger.entries
   WHERE app = ANY ($3) AND book = ANY ($2) AND owner_id >= $4 AND ($5::text IS NULL OR owner_id < $5)
  WINDOW account AS (PARTITION BY book, owner_id ORDER BY seq)
), judged AS (
  SELECT book, owner_id, (array_agg(hash) FILTER (WHERE is_last))[1] AS last_hash,
         min(ARRAY[seq, id]) FILTER (WHERE (hash = follows) IS NOT TRUE) AS first_broken,
         (min(ARRAY[int8send(seq), hash]) FILTER (WHERE (hash = follows) IS NOT TRUE))[2] AS broken_hash
    FROM chained
   GROUP BY book, owner_id
)
SELECT problem->>0 AS broken, problem->>1 AS found, problem->>2 AS expected
  FROM (
    SELECT book, owner_id, a.head, a.is_there, j.first_broken, j.broken_hash, coalesce(j.last_hash,
             sha256('shared-ledger/account/1'::bytea || int4send(octet_length(book)) || convert_to(book || owner_id, 'UTF8'))) AS last_hash
      FROM judged j FULL JOIN (
        SELECT book, owner_id, head, true AS is_there FROM ledger.accounts
         WHERE book = ANY ($2) AND owner_id >= $4 AND ($5::text IS NULL OR owner_id < $5)
      ) a USING (book, owner_id)
  ) account, LATERAL json_array_elements(json_build_array(
    CASE WHEN first_broken IS NOT NULL THEN
      json_build_array(format('entry %s (seq %s of %s%s)', first_broken[2], first_broken[1], to_json(owner_id), ' in ' || nullif(book, $1)),
        format('hash %s', encode(broken_hash, 'hex')), 'the hash that follows from what it says and the hash before it') END,
    CASE WHEN is_there AND (head = last_hash) IS NOT TRUE THEN
      json_build_array(format('account %s%s', to_json(owner_id), ' in ' || nullif(book, $1)), format('head %s', encode(head, 'hex')),
        format('head %s, the hash of its last entry', encode(last_hash, 'hex'))) END
  )) found (problem)
 WHERE json_typeof(problem) = 'array'
 ORDER BY book, owner_id
