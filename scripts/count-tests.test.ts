import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { countTests } from './count-tests.ts'

const file = (status: string, ...tests: string[]) => ({
  name: 'a.test.ts',
  status,
  assertionResults: tests.map((test) => ({ status: test })),
})

describe('countTests', () => {
  it('counts tests without the skipped ones', () => {
    const testResults = [
      file('passed', 'passed', 'skipped', 'todo'),
      file('failed', 'passed', 'failed', 'failed'),
    ]
    expect(countTests({ testResults })).toEqual({ passed: 2, failed: 2 })
  })

  it('counts a file that could not run, or whose hook failed, as a failed test', () => {
    const testResults = [file('failed'), file('failed', 'skipped', 'skipped'), file('passed', 'passed')]
    expect(countTests({ testResults })).toEqual({ passed: 1, failed: 2 })
  })
})

describe('count-tests.ts', () => {
  const script = join(import.meta.dirname, 'count-tests.ts')
  const run = (...testResults: ReturnType<typeof file>[]) => {
    const folder = mkdtempSync(join(tmpdir(), 'count-tests-'))
    try {
      const report = join(folder, 'report.json')
      writeFileSync(report, JSON.stringify({ testResults }))
      const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', script, report], {
        encoding: 'utf8',
      })
      return { status, stdout }
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  it('prints only the counts on one line, and fails when a test failed or none ran', () => {
    expect(run(file('passed', 'passed'))).toEqual({ status: 0, stdout: '1 passed, 0 failed\n' })
    expect(run(file('failed', 'passed', 'failed'))).toEqual({ status: 1, stdout: '1 passed, 1 failed\n' })
    expect(run()).toEqual({ status: 1, stdout: '0 passed, 0 failed\n' })
  })
})
