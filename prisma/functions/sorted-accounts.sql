-- Returns a page of a book's accounts as ledger.accounts_page does, in another order: the highest rank first, and owners of
-- one rank in the order of their bytes. by: what the rank is, balance or updated_on (in milliseconds since 1970). The page
-- lies after one place and before another, each a rank and an owner (null: to the end). No index has this order, because
-- every posting would have to change it: each page reads all accounts with the prefix.
CREATE OR REPLACE FUNCTION ledger.sorted_accounts(
  book text, prefix text, by text, after_rank bigint, after_owner text, before_rank bigint, before_owner text, backward boolean, size integer
) RETURNS json LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  is_by_balance CONSTANT boolean := by = 'balance';
  -- The given rank becomes what the column has. To convert the column of each account would take longer than to read it.
  given CONSTANT text := CASE WHEN is_by_balance THEN '$%s' ELSE 'timestamptz ''epoch'' + $%s * interval ''1 millisecond''' END;
  account record;
  accounts json[] := '{}';
BEGIN
  IF NOT ledger.may_use_book(book) THEN
    RETURN '[]';
  END IF;
  FOR account IN EXECUTE format('
    SELECT r.* FROM (
      SELECT a.*, a.%4$I AS rank FROM (
        SELECT a.owner_id, (a.balance - %1$s)::bigint AS balance, a.overdraft, a.state, a.seq, a.created_on, a.updated_on,
               %7$s AS held
          FROM ledger.accounts a WHERE a.book = $1 AND a.owner_id ^@ $2) a) r
     WHERE ($3 IS NULL OR r.rank < %5$s OR r.rank = %5$s AND r.owner_id > $4)
       AND ($5 IS NULL OR r.rank > %6$s OR r.rank = %6$s AND r.owner_id < $6)
     ORDER BY r.rank %2$s, r.owner_id %3$s LIMIT $7',
    ledger.expired_credits('$8'), CASE WHEN backward THEN 'ASC' ELSE 'DESC' END, CASE WHEN backward THEN 'DESC' ELSE 'ASC' END,
    CASE WHEN is_by_balance THEN 'balance' ELSE 'updated_on' END, format(given, 3), format(given, 5), ledger.held_credits('$8'))
    USING book, prefix, after_rank, after_owner, before_rank, before_owner, size, ledger.now()
  LOOP
    accounts := array_append(accounts, json_build_object(
      'balance', ledger.balance_json(account.owner_id, account.balance, account.overdraft, account.held, account.state),
      'entryCount', account.seq,
      'createdOn', ledger.epoch_ms(account.created_on),
      'updatedOn', ledger.epoch_ms(account.updated_on)));
  END LOOP;
  RETURN to_json(accounts);
END $$;
