import path from 'node:path'
import { expect, test } from 'vitest'
import { runCommand } from '../../docs/test/command.ts'

// It does not judge speed.
test('npm run bench:migration measures postings with and without migrations', {
  timeout: 1_200_000,
}, async () => {
  const root = path.join(import.meta.dirname, '..', '..')
  const run = 'npm run bench:migration -- --from lots --rounds 1 --entries 256'
  const { exitCode, output } = await runCommand(run, root)
  expect(exitCode, output).toBe(0)
  expect(output.match(/^\| .* a call( \| [\d.]+){4} \|$/gm)).toHaveLength(3)
})
