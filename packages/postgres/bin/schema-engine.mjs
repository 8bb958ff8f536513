#!/usr/bin/env node
// Prisma starts this file as its schema engine (PRISMA_SCHEMA_ENGINE_BINARY).
// In an installed package the build runs; in this repository the source, also that of the ledger's package, in a process
// of its own: the condition that finds it must be there from the start.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

if (import.meta.url.includes('/node_modules/')) {
  await import('../dist/schema-engine/main.js')
} else {
  const main = fileURLToPath(new URL('../src/schema-engine/main.ts', import.meta.url))
  const source = ['--conditions=@shared-ledger/source', '--import', import.meta.resolve('tsx'), main]
  const engine = spawn(process.execPath, [...source, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => engine.kill(signal))
  engine.on('exit', (code) => process.exit(code ?? 1))
}
