import { messageOf } from '@shared-ledger/postgres'
import { onStopSignals } from '../../packages/cli/src/stop-signals.ts'
import { parsePausesOptions, usage } from './options.ts'
import { printPauses, wrongIn } from './report.ts'
import { measurePauses } from './run.ts'

/** How many wrong things are shown. */
const shown = 20

/** `npm run torture:pauses`: prints a report, and returns exit code 1 when anything is wrong. */
async function main(): Promise<number> {
  const options = parsePausesOptions(process.argv.slice(2))
  if (options === undefined) {
    console.log(usage)
    return 0
  }
  const stopped = new AbortController()
  onStopSignals({
    stop: () => stopped.abort(new Error('Stopped before its end: nothing was compared.')),
    force: () => process.exit(1),
  })
  const report = await measurePauses({
    ...options,
    log: (line) => console.error(line),
    stopped: stopped.signal,
  })
  console.log(printPauses(report))
  const wrong = wrongIn(report)
  for (const each of wrong.slice(0, shown)) console.error(`- ${each}`)
  return wrong.length === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof TypeError ? `${error.message}\n${usage}` : messageOf(error))
  process.exitCode = 1
}
