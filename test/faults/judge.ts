import { verifyLedger } from '@shared-ledger/ledger/verify'
import { withConnection } from '@shared-ledger/postgres'
import { expect } from 'vitest'
import type { AppProcess } from '../app-process.ts'
import { contradictions, type Publishing } from './publishing.ts'
import { isFull, requestBoundMs, slackMs } from './trial.ts'

/**
 * Ends a trial: no process has ended, no request took longer than its time limit, nothing acknowledged is lost or
 * doubled, and every invariant of the ledger holds. The full trials print their counts.
 */
export async function judge(
  trial: string,
  {
    server,
    publishing,
    databaseUrl,
    counts = {},
  }: { server: AppProcess; publishing: Publishing; databaseUrl: string; counts?: Record<string, number> },
) {
  const journal = await publishing.stop()
  expect(journal.faults, server.output().slice(-2000)).toEqual([])
  expect(server.process.exitCode).toBeNull()
  expect(server.output()).not.toContain('"fault"')
  expect(await contradictions(databaseUrl, journal)).toEqual([])
  const { broken } = await withConnection(databaseUrl, (client) => verifyLedger(client))
  expect(broken).toEqual([])
  expect(journal.slowestMs).toBeLessThan(requestBoundMs + slackMs)
  if (!isFull) return
  const answered = [...journal.statuses].sort().map(([status, count]) => `${count} answers ${status}`)
  const counted = Object.entries(counts).map(([what, count]) => `${count} ${what}`)
  const contents = `${journal.publications.length} contents, none lost, none twice`
  const slowest = `slowest request ${Math.round(journal.slowestMs)} ms`
  console.log(`${trial}: ${[...counted, contents, ...answered, slowest].join('; ')}; verify passes`)
}
