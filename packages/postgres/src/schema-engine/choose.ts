import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The executable that answers as Prisma's schema engine does, made of npm packages alone. */
export const offlineSchemaEngine = fileURLToPath(new URL('../../bin/schema-engine.mjs', import.meta.url))

/**
 * Makes Prisma's commands, in this process and its children, run the offline schema engine where the native one is
 * not installed, and Prisma would try to download it. A `PRISMA_SCHEMA_ENGINE_BINARY` of the user's own stays.
 */
export function useOfflineSchemaEngine(environment: NodeJS.ProcessEnv = process.env): void {
  if (environment.PRISMA_SCHEMA_ENGINE_BINARY || hasNativeSchemaEngine()) return
  environment.PRISMA_SCHEMA_ENGINE_BINARY = offlineSchemaEngine
}

// The postinstall script of @prisma/engines puts it beside its own package.json, and leaves it out silently offline.
function hasNativeSchemaEngine(): boolean {
  const prisma = createRequire(import.meta.url).resolve('prisma/package.json')
  const engines = createRequire(prisma).resolve('@prisma/engines/package.json')
  return readdirSync(path.dirname(engines)).some((name) => /^schema-engine-.*(?<!\.tmp|\.gz)$/.test(name))
}
