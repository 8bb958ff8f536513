import { attachEmbeddedPostgres } from './src/embedded/attach.ts'
import { driftOf } from './src/migrations/drift.ts'
import { migrate } from './src/migrations/migrate.ts'
import { historyOf } from './src/project.ts'

const t = Date.now()
const log = (l: string) => console.log(Date.now() - t, l)
const a = await attachEmbeddedPostgres({ directory: '/tmp/lpg/one', log })
try {
  await migrate({ databaseUrl: a.url('try'), root: '/work/main', log })
  log('migrated')
  await migrate({ databaseUrl: a.url('try'), root: '/work/main', log })
  log('twice')
  for (const n of ['ledger', 'content', 'freelance'])
    log(
      n +
        JSON.stringify(
          await driftOf(historyOf('/work/main', n), { root: '/work/main', serverUrl: a.url('try') }),
        ),
    )
} finally {
  await a.detach()
}
