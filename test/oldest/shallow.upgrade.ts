import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../../docs/test/markdown.ts'
import { checkOut, oldest } from './check-out.ts'

test('a shallow clone is told what it lacks', async () => {
  const clone = mkdtempSync(path.join(tmpdir(), 'shared-ledger-shallow-'))
  try {
    execFileSync('git', ['clone', '--quiet', '--depth', '1', `file://${root}`, clone])
    await expect(checkOut(clone, oldest.commit)).rejects.toThrow(
      `The history here lacks the commit ${oldest.commit} of test/oldest/oldest.json. This is a shallow clone: git fetch --unshallow`,
    )
  } finally {
    rmSync(clone, { recursive: true, force: true })
  }
})
