#!/usr/bin/env node
// Prisma starts this file as its schema engine (PRISMA_SCHEMA_ENGINE_BINARY).
// In this repository the source runs through tsx; in an installed package, the build.
if (import.meta.url.includes('/node_modules/')) {
  await import('../dist/schema-engine/main.js')
} else {
  const { register } = await import('tsx/esm/api')
  register()
  await import('../src/schema-engine/main.ts')
}
