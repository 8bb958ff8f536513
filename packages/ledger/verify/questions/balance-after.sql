-- Each entry's balance_after is the balance after the account's entry before it, plus its own amount.
SELECT format('entry %s (seq %s of %s%s)', id, seq, to_json(owner_id), ' in ' || nullif(book, $1)) AS broken,
       format('balance_after %s', balance_after) AS found,
       format('balance_after %s: %s before it, and %s', before + amount, before, amount) AS expected
  FROM (
    SELECT *, lag(balance_after, 1, 0::bigint) OVER (PARTITION BY book, owner_id ORDER BY seq) AS before
      FROM ledger.entries
     WHERE app = ANY ($3) AND book = ANY ($2)
  ) e
 WHERE balance_after <> before + amount
 ORDER BY book, owner_id, seq
