import { openCheckpoint, readPublicKey } from '@shared-ledger/ledger/checkpoint'
import { type Answer, noteVerification, type Verification, verifyLedger } from '@shared-ledger/ledger/verify'
import { withDatabase } from './database.ts'
import { exitCodes, UsageError } from './exit.ts'
import { placeOf, readGiven } from './files.ts'
import { showProgress } from './progress.ts'
import { withScanConnections } from './scan-connections.ts'
import { note, say } from './terminal.ts'

interface VerifyOptions {
  readonly verbose: boolean
  readonly json: boolean
  readonly checkpoint?: string[] | undefined
  readonly 'public-key'?: string[] | undefined
}

/** Verifies the ledger, and tells what is broken. */
export async function verify(
  root: string,
  { positionals: apps, values }: { positionals: string[]; values: VerifyOptions },
): Promise<number> {
  const { checkpoint: files = [], 'public-key': keyFiles = [] } = values
  if (files.length > 0 && keyFiles.length === 0) {
    throw new UsageError('Say by which public key the checkpoint is checked: --public-key FILE.')
  }
  const keys = keyFiles.map((file) => readGiven(file, readPublicKey))
  const checkpoints = await Promise.all(files.map((file) => openCheckpoint(placeOf(file), keys)))
  return withDatabase(
    root,
    ({ directUrl }, stopped) =>
      withScanConnections(directUrl, stopped, async ([client, ...beside]) => {
        const progress = showProgress(values)
        try {
          const verification = await verifyLedger(client, {
            ...progress,
            beside,
            checkpoints,
            ...(apps.length > 0 && { apps }),
          })
          progress.end()
          await noteVerification(client, verification)
          if (values.json) say(JSON.stringify(objectOf(verification)))
          else report(verification)
          return verification.broken.length === 0 ? exitCodes.done : exitCodes.failed
        } finally {
          progress.end()
        }
      }),
    { log: values.json ? note : say },
  )
}

/** What `--json` prints. */
function objectOf({ apps, answers }: Verification): object {
  const checksOf = (app: string) =>
    answers
      .filter((answer) => answer.app === app)
      .map(({ question, invariant, count, rows }) => ({ question, invariant, count, rows }))
  return {
    apps: apps.map(({ app, accounts, entries, holds }) => ({
      ...{ app, accounts, entries, holds },
      checks: checksOf(app),
    })),
  }
}

/** Prints each broken row, and a line for each app. */
function report({ apps, answers, broken }: Verification): void {
  for (const answer of broken) say(linesOf(answer).join('\n'))
  for (const { app, accounts, entries, holds } of apps) {
    const asked = answers.filter((answer) => answer.app === app).length
    const failed = broken.filter((answer) => answer.app === app)
    const rows = failed.reduce((sum, { count }) => sum + count, 0)
    const outcome =
      rows === 0
        ? `All ${asked} checks passed.`
        : `${failed.length} of ${asked} checks failed: ${rows} broken rows.`
    say(`${app}: ${accounts} accounts, ${entries} entries, ${holds} holds. ${outcome}`)
  }
  if (apps.length === 0) say('The ledger has no app yet: nothing to check.')
}

function linesOf({ app, invariant, count, rows }: Answer): string[] {
  return [
    `${app}: ${invariant}`,
    ...rows.map(({ broken, found, expected }) => `  ${broken}: ${found}; should be: ${expected}`),
    ...(count > rows.length ? [`  … and ${count - rows.length} more`] : []),
    '',
  ]
}
