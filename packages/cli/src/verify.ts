// npm run verify [-- content …]: checks every invariant of the whole ledger, or of the named apps.
import { type Answer, type Verification, verifyLedger } from '@shared-ledger/ledger/verify'
import { withConnection } from '@shared-ledger/postgres'
import { runCommand, say } from './command.ts'
import { withDatabase } from './database.ts'
import { showProgress } from './progress.ts'

await runCommand((root, apps) =>
  withDatabase(root, (url, stopped) =>
    withConnection(url, async (client) => {
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
      // What has begun may take long: it ends at once, also where PostgreSQL goes on without us.
      stopped.addEventListener('abort', () => {
        const cancel = 'SELECT pg_cancel_backend($1)'
        void withConnection(url, (other) => other.query(cancel, [rows[0]?.pid])).catch(() => {})
      })
      const progress = showProgress()
      try {
        const verification = await verifyLedger(client, { ...progress, ...(apps.length > 0 && { apps }) })
        progress.end()
        return report(verification)
      } catch (error) {
        stopped.throwIfAborted()
        throw error
      } finally {
        progress.end()
      }
    }),
  ),
)

/** Prints each broken row and the summary. Answers the exit code. */
function report({ apps, size, answers, broken }: Verification): number {
  for (const answer of broken) say(linesOf(answer).join('\n'))
  const rows = broken.reduce((sum, { count }) => sum + count, 0)
  const verified = `${apps.join(', ') || 'no app'}: ${size.accounts} accounts, ${size.entries} entries, ${size.holds} holds`
  say(
    rows === 0
      ? `${verified}. All ${answers.length} checks passed.`
      : `${verified}. ${broken.length} of ${answers.length} checks failed: ${rows} broken rows.`,
  )
  return rows === 0 ? 0 : 1
}

function linesOf({ app, invariant, count, rows }: Answer): string[] {
  return [
    `${app}: ${invariant}`,
    ...rows.map(({ broken, found, expected }) => `  ${broken}: ${found}; should be: ${expected}`),
    ...(count > rows.length ? [`  … and ${count - rows.length} more`] : []),
    '',
  ]
}
