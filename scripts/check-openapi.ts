import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createRest } from '@shared-ledger/rest'
import type { DefinedApp } from '@shared-ledger/server'
import { pino } from 'pino'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'node_modules/.cache/openapi')

/** Nothing is asked of a database, and nothing is posted. */
const silent = pino({ level: 'silent' })

/** Keeps the linters from contacting another host: no usage reports, and no check for newer versions. */
const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }

/** Writes each app's openapi.json to a folder. Returns the files. */
async function writeDocuments(): Promise<string[]> {
  mkdirSync(folder, { recursive: true })
  const written = readdirSync(join(root, 'apps')).map(async (app) => {
    const module: { app: DefinedApp } = await import(
      pathToFileURL(join(root, 'apps', app, 'src/app.ts')).href
    )
    const { info, schema, routes } = module.app.open('postgresql://localhost/none', silent)
    const { openApi } = createRest({ app, info, schema, routes, execute: () => ({}) })
    const file = join(folder, `${app}.json`)
    writeFileSync(file, JSON.stringify(openApi, null, 2))
    return file
  })
  return Promise.all(written)
}

/** Runs a linter of node_modules, and shows its output when it finds a fault. */
function lint(name: string, args: readonly string[]): void {
  const { status, stdout, stderr, error } = spawnSync(join(root, 'node_modules/.bin', name), args, {
    cwd: root,
    env,
    encoding: 'utf8',
  })
  if (error) throw error
  if (status === 0) return
  console.error(`${stdout}${stderr}`)
  process.exitCode = 1
}

const documents = await writeDocuments()
lint('redocly', ['lint', ...documents])
lint('spectral', ['lint', '--fail-severity=hint', ...documents])
