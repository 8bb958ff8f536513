import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { root } from './markdown.ts'

const read = (file: string) => readFileSync(path.join(root, file), 'utf8')

/** Returns the messages that a section quotes. */
function quotedIn(heading: string): string[] {
  const [, rest = ''] = read('docs/troubleshooting.md').split(`\n### ${heading}\n`)
  const [section = ''] = rest.split('\n### ')
  return [...section.matchAll(/^> (.+)$/gm)].map(([, message = '']) => message)
}

test.each([
  [
    '401 and UNAUTHENTICATED',
    ['packages/server/src/auth/credentials.ts', 'packages/server/src/auth/keys.ts'],
  ],
  ['403 and FORBIDDEN', ['packages/plugin-ledger/src/access.ts', 'packages/plugin-ledger/src/guards.ts']],
  [
    '503 and SERVER_OUTDATED',
    ['packages/ledger/src/errors.ts', 'packages/ledger/src/database/database-errors.ts'],
  ],
])('docs/troubleshooting.md quotes under %s what the code says', (heading, files) => {
  const code = files
    .map(read)
    .join('\n')
    .replaceAll(/\$\{missing\}/g, 'post')
  const quoted = quotedIn(heading)
  expect(quoted.length).toBeGreaterThan(2)
  for (const message of quoted) expect(code).toContain(message)
})
