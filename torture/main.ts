import { messageOf } from '@shared-ledger/postgres'
import { onStopSignals } from '../packages/cli/src/stop-signals.ts'
import { parseOptions, usage } from './options.ts'
import { printReport, violationsOf } from './report.ts'
import { torture } from './run.ts'

/** How many violations are shown. */
const shownViolations = 20

/** `npm run torture`: prints a report, and returns exit code 1 when anything is wrong. */
async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2))
  if (options === undefined) {
    console.log(usage)
    return 0
  }
  const stopped = new AbortController()
  onStopSignals({
    stop: () => stopped.abort(new Error('Stopped before its end: nothing was compared.')),
    force: () => process.exit(1),
  })
  const report = await torture({ ...options, log: (line) => console.error(line), stopped: stopped.signal })
  console.log(printReport(report))
  // A request that is sent again and again may be answered wrongly each time.
  const violations = [...new Set(violationsOf(report))]
  if (violations.length === 0) return 0
  const { seed, seconds, workers } = options
  const cluster = workers === 0 ? '' : ` --cluster ${workers}`
  console.error(`\nWrong (again with: npm run torture -- --seconds ${seconds} --seed ${seed}${cluster}):`)
  for (const violation of violations.slice(0, shownViolations)) console.error(`- ${violation}`)
  if (violations.length > shownViolations) console.error(`… and ${violations.length - shownViolations} more`)
  return 1
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof TypeError ? `${error.message}\n${usage}` : messageOf(error))
  process.exitCode = 1
}
