import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

test('no document ends the process, whichever parts of it fail at once and whichever later', async () => {
  const file = fileURLToPath(new URL('ask-graph.ts', import.meta.url))
  const options = ['--conditions=@shared-ledger/source', '--import', 'tsx', file]
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, options, (_error, stdout, stderr) => resolve(stdout + stderr))
  })
  expect(output.trimEnd().split('\n').at(-1), output.slice(-2000)).toBe('done')
})
