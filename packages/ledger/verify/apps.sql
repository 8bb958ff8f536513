-- The apps that the ledger knows, or has entries or holds of.
SELECT app FROM ledger.apps
UNION SELECT app FROM ledger.entries
UNION SELECT app FROM ledger.holds
