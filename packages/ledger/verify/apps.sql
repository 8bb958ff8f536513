-- The apps that the ledger knows, or has rows of.
SELECT app FROM ledger.apps
UNION SELECT book FROM ledger.accounts
UNION SELECT app FROM ledger.entries
UNION SELECT app FROM ledger.holds
ORDER BY app
