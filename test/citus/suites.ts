/** What `npm run test:citus` runs on a cluster whose ledgers are distributed. */
export const onCluster = [
  'test/citus/*.citus.ts',
  'packages/ledger/test/{account-states,batches,concurrency,connections-lost,corrections,deadlocks,dry-run,exchange}.test.ts',
  'packages/ledger/test/{falling-ids,history,holds,keys,limits,limits-of-credits,live,live-sharing,outdated,overdraft,parts-of-holds}.test.ts',
  'packages/ledger/test/{post-*,prepared,reads,retired,scans,transaction,transfers}.test.ts',
  'packages/ledger/test/{attacker,books,checkpoint,lots,once,proof,transactions,verify}/*.test.ts',
  'packages/ledger/test/model/model.test.ts',
  'apps/*/test/*.test.ts',
  'test/{drain,live-two-processes,metrics,read-only,two-processes}.test.ts',
  'test/trust/*.test.ts',
]

/** What of it does not run on a cluster, and why. `npm run test:citus` prints it. */
export const leftOut: readonly { readonly reason: string; readonly files: readonly string[] }[] = [
  {
    reason: 'Citus locks the indexes of all partitions until the migration that makes a new one is committed',
    files: ['packages/ledger/test/new-app.test.ts'],
  },
  {
    reason: 'on a cluster, a posting does not lock the parent of the partitions',
    files: ['packages/ledger/test/parent-lock.test.ts'],
  },
  {
    reason:
      'expects what one PostgreSQL answers to an attacker: Citus refuses much of it earlier, with codes of its own, and a NULL routing key ends its coordinator',
    files: [
      'packages/ledger/test/attacker/{functions,legitimate,neighbours,statements}.test.ts',
      'packages/ledger/test/books/isolation.test.ts',
    ],
  },
  ...(process.env.CLUSTER_BIN
    ? []
    : [{ reason: 'starts nodes of its own: set CLUSTER_BIN', files: ['test/citus/lost-node.citus.ts'] }]),
]
