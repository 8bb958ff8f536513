-- Each entry's balance_after is the balance after the account's entry before it, plus its own amount.
SELECT format('entry %s (seq %s of %s)', id, seq, to_json(owner_id)) AS broken,
       format('balance_after %s', balance_after) AS found,
       format('balance_after %s: %s before it, and %s', before + amount, before, amount) AS expected
  FROM (
    SELECT *, lag(balance_after, 1, 0::bigint) OVER (PARTITION BY owner_id ORDER BY seq) AS before
      FROM ledger.entries
     WHERE app = $1
  ) e
 WHERE balance_after <> before + amount
 ORDER BY owner_id, seq
