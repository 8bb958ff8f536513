-- A page of an app's accounts, as a JSON array; null without any: owners that begin with a prefix, after one owner and
-- before another (null: to the end), byte by byte; backward: from the last on. Planned at each call, by EXECUTE: only a
-- plan that knows the prefix finds its owners in the index.
CREATE OR REPLACE FUNCTION ledger.accounts_page(
  app text, prefix text, after text, before text, backward boolean, size integer
) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  accounts json;
BEGIN
  EXECUTE format('
    SELECT json_agg(json_build_object(
             ''balance'', ledger.balance_json(ledger.account_at(page.account, ledger.now())),
             ''entryCount'', (page.account).seq,
             ''createdOn'', ledger.epoch_ms((page.account).created_on),
             ''updatedOn'', ledger.epoch_ms((page.account).updated_on)
           ) ORDER BY page.owner_id %1$s)
      FROM (
        SELECT a AS account, a.owner_id FROM ledger.accounts a
         WHERE a.app = $1 AND a.owner_id ^@ $2 AND a.owner_id > $3 AND ($4 IS NULL OR a.owner_id < $4)
         ORDER BY a.owner_id %1$s LIMIT $5
      ) page', CASE WHEN backward THEN 'DESC' ELSE 'ASC' END)
    INTO accounts USING app, prefix, after, before, size;
  RETURN accounts;
END $$;
