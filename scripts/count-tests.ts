import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

/** The part of Vitest's JSON report that is read here. */
interface TestReport {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

/**
 * Counts the tests that passed and failed. A file that failed as a whole counts as one failed test. Otherwise its tests
 * would vanish.
 */
export function countTests({ testResults }: TestReport): { passed: number; failed: number } {
  let passed = 0
  let failed = 0
  for (const { status, assertionResults } of testResults) {
    const failedHere = assertionResults.filter((test) => test.status === 'failed').length
    passed += assertionResults.filter((test) => test.status === 'passed').length
    failed += status === 'failed' && failedHere === 0 ? 1 : failedHere
  }
  return { passed, failed }
}

/**
 * `tsx scripts/count-tests.ts REPORT` prints only the counts on one line. It exits with 1 when a test failed or none
 * ran.
 */
function main(file: string): void {
  const report: TestReport = JSON.parse(readFileSync(file, 'utf8'))
  const { passed, failed } = countTests(report)
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0
}

const [script, file] = process.argv.slice(1)
if (script && file && import.meta.url === pathToFileURL(script).href) main(file)
