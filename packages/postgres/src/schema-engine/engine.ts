import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { bindMigrationAwareSqlAdapterFactory, type ErrorRegistry } from '@prisma/driver-adapter-utils'
import * as glue from '@prisma/schema-engine-wasm/schema_engine_bg'
import type pg from 'pg'
import { messageOf } from '../errors.ts'
import { adapterTo } from './adapter.ts'

/**
 * Calls `use` with Prisma's schema engine on one schema of a connection's database. The engine is the WASM build, which npm
 * installs. The native build would have to be downloaded.
 *
 * @throws Error with the engine's message
 */
export async function withEngine<T>(
  connection: pg.Client,
  schema: string,
  use: (engine: glue.SchemaEngine) => Promise<T>,
): Promise<T> {
  load()
  const adapter = bindMigrationAwareSqlAdapterFactory(adapterTo(connection, schema))
  try {
    const engine = await glue.SchemaEngine.new({ datamodels: undefined }, () => {}, adapter)
    try {
      return await use(engine)
    } finally {
      engine.free()
    }
  } catch (error) {
    throw new Error(`Prisma's schema engine failed: ${reasonOf(error, adapter.errorRegistry)}`, {
      cause: error,
    })
  }
}

let panic: string | undefined
let isLoaded = false

function load(): void {
  if (isLoaded) return
  const set_message = (message: string) => {
    panic = message.split('\n\n', 1)[0]
  }
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message } })
  const folder = path.dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm'))
  const module = new WebAssembly.Module(readFileSync(path.join(folder, 'schema_engine_bg.wasm')))
  const { exports } = new WebAssembly.Instance(module, { './schema_engine_bg.js': { ...glue } })
  glue.__wbg_set_wasm(exports)
  if (typeof exports.__wbindgen_start === 'function') exports.__wbindgen_start()
  isLoaded = true
}

function reasonOf(error: unknown, errors: ErrorRegistry): string {
  // The error of WASM itself is only "unreachable".
  if (error instanceof WebAssembly.RuntimeError) return panic ?? error.message
  // The engine numbers the errors of the adapter: "External error id#0".
  const id = /External error id#(\d+)/.exec(messageOf(error))?.[1]
  if (id !== undefined) return messageOf(errors.consumeError(Number(id))?.error)
  return messageOf(error).replace(/\n +0: [\s\S]*/, '') // its call chain
}
