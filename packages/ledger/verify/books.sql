-- The books that apps have made, or that there are accounts in: the app that made each, and the apps that use it.
SELECT book, b.app, b.apps
  FROM (SELECT book FROM ledger.books UNION SELECT book FROM ledger.accounts) known LEFT JOIN ledger.books b USING (book)
