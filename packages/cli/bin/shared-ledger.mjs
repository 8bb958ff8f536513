#!/usr/bin/env node
// An app's operations.ts is TypeScript, which tsx reads. Installed from npm, the commands run from the build; in this
// repository from the source, with the sources of our other packages, which stand behind an export condition.
import { register } from 'node:module'
import { register as registerTsx } from 'tsx/esm/api'

registerTsx()
if (import.meta.url.includes('/node_modules/')) {
  await import('../dist/main.js')
} else {
  register('./source-condition.mjs', import.meta.url)
  await import('../src/main.ts')
}
