-- Returns a page of a book's accounts as a JSON array: owners that begin with a prefix, after one owner and before
-- another (null: to the end), in the order of their bytes. backward: reads from the last owner on. EXECUTE plans it at
-- each call: only a plan that knows the prefix finds its owners in the index. An account and its holds are read by one
-- statement, which sees both at one moment. It reads with the rights of its owner, because holds of other apps count, too.
CREATE OR REPLACE FUNCTION ledger.accounts_page(
  book text, prefix text, after text, before text, backward boolean, size integer
) RETURNS json LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  account record;
  accounts json[] := '{}';
  now timestamptz := ledger.now();
BEGIN
  IF NOT ledger.may_use_book(book) THEN
    RETURN '[]';
  END IF;
  FOR account IN EXECUTE format('
    SELECT a.owner_id, (a.balance - %s)::bigint AS balance, a.overdraft, a.state, a.seq, a.created_on, a.updated_on, %s AS held
      FROM ledger.accounts a
     WHERE a.book = $1 AND a.owner_id ^@ $2 AND a.owner_id > $3 AND ($4 IS NULL OR a.owner_id < $4)
     ORDER BY a.owner_id %s LIMIT $5', ledger.expired_credits('$6'), ledger.held_credits('$6'), CASE WHEN backward THEN 'DESC' ELSE 'ASC' END)
    USING book, prefix, after, before, size, now
  LOOP
    accounts := array_append(accounts, json_build_object(
      'balance', ledger.balance_json(account.owner_id, account.balance, account.overdraft, account.held, account.state),
      'entryCount', account.seq,
      'createdOn', ledger.epoch_ms(account.created_on),
      'updatedOn', ledger.epoch_ms(account.updated_on)));
  END LOOP;
  RETURN to_json(accounts);
END $$;
