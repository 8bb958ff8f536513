import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { bindMigrationAwareSqlAdapterFactory, type ErrorRegistry } from '@prisma/driver-adapter-utils'
import * as glue from '@prisma/schema-engine-wasm/schema_engine_bg'
import { createAdapterFactory } from './adapter.ts'
import type { EngineArguments } from './arguments.ts'
import { log } from './log.ts'

/** Prisma's schema engine on one database. `errors` keeps the errors of the adapter, which the engine only counts. */
export interface WasmEngine {
  readonly engine: glue.SchemaEngine
  readonly errors: ErrorRegistry
}

/** Loads the WASM build of the schema engine for the datasource and models that the command line names. */
export async function loadEngine({ datasource, datamodels }: EngineArguments): Promise<WasmEngine> {
  if (datasource.url === undefined) throw new Error('There is no database url. Set DATABASE_URL.')
  if (datasource.shadowDatabaseUrl !== undefined) {
    throw new Error(
      'The offline schema engine makes its own shadow databases. Remove shadowDatabaseUrl from prisma.config.ts ' +
        'and use a database user with the CREATEDB right.',
    )
  }
  instantiate()
  const factory = bindMigrationAwareSqlAdapterFactory(createAdapterFactory(datasource.url))
  const models = datamodels.map((file): [string, string] => [file, readFileSync(file, 'utf8')])
  const engine = await glue.SchemaEngine.new(
    { datamodels: models.length > 0 ? models : undefined },
    (message: unknown) => log('INFO', String(message)),
    factory,
  )
  return { engine, errors: factory.errorRegistry }
}

let lastPanic: string | undefined

/** What the engine said when it last panicked: WASM itself only throws "unreachable". */
export function panicMessage(): string | undefined {
  return lastPanic
}

function instantiate(): void {
  const remember = (message: string) => {
    lastPanic = message.split('\n\n', 1)[0]?.trim()
  }
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message: remember } })
  const folder = path.dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm'))
  const module = new WebAssembly.Module(readFileSync(path.join(folder, 'schema_engine_bg.wasm')))
  const { exports } = new WebAssembly.Instance(module, { './schema_engine_bg.js': { ...glue } })
  glue.__wbg_set_wasm(exports)
  if (typeof exports.__wbindgen_start === 'function') exports.__wbindgen_start()
}
