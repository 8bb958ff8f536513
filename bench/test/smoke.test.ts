import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { runCommand } from '../../docs/test/command.ts'
import { documentWith } from '../docs.ts'
import { resultsFile } from '../options.ts'
import { type Results, readResults } from '../results.ts'
import { tinySizes } from '../sizes.ts'
import { judge } from '../targets.ts'

const root = path.join(import.meta.dirname, '..', '..')

// It does not judge speed.
test('npm run bench measures every variant, prints every row and writes results', {
  timeout: 1_200_000,
}, async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-'))
  const file = path.join(folder, 'results.json')
  try {
    const run = `npm run bench -- --tiny --rounds 2 --seconds 0.02 --results ${file}`
    const { exitCode, output } = await runCommand(run, root)
    expect(exitCode, output).toBe(0)
    const { targets, variants, rounds }: Results = JSON.parse(readFileSync(file, 'utf8'))
    expect(rounds).toBe(2)
    expect(variants.length).toBeGreaterThan(80)
    for (const { name, rounds, failure } of variants) {
      expect(failure, name).toBeUndefined()
      expect(rounds, name).toHaveLength(2)
      for (const figure of rounds) expect(figure, name).toBeGreaterThan(0)
    }
    expect(targets.map(({ title }) => title)).toEqual(judge([], tinySizes).map(({ title }) => title))
    for (const { title, outcome } of targets) {
      expect(output).toContain(`| ${title} `)
      expect(outcome, title).toMatch(/pass|short/)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('docs/performance.md shows bench/results.json', () => {
  const { is, shouldBe } = documentWith(readResults(resultsFile))
  expect(is).toBe(shouldBe)
})
