import { createInterface } from 'node:readline'
import { databaseOf } from '@shared-ledger/ledger/session'
import { withConnection } from '../connection.ts'
import { ensureDatabase } from '../databases.ts'
import type { EngineArguments } from './arguments.ts'
import { explain } from './explain.ts'
import { loadEngine, panicMessage, type WasmEngine } from './wasm-engine.ts'

interface Request {
  readonly id: unknown
  readonly method: string
  readonly params: unknown
}

/**
 * Answers the Prisma CLI's JSON-RPC requests, one line each, until stdin ends. Every request gets an answer, whatever
 * happens: a Prisma CLI without one ends with exit code 0 and without a word.
 */
export function converse(engineArguments: EngineArguments): void {
  const { url } = engineArguments.datasource
  const unanswered = new Map<unknown, Request>()
  let loading: Promise<WasmEngine> | undefined
  let loaded: WasmEngine | undefined

  const loadOnce = async (): Promise<WasmEngine> => {
    loading ??= loadEngine(engineArguments)
    loaded = await loading
    return loaded
  }

  const answer = (request: Request, body: { result: unknown } | { error: unknown }) => {
    if (unanswered.delete(request.id)) write({ id: request.id, ...body })
  }

  const refuse = (request: Request, thrown: unknown) => {
    const panic = panicMessage()
    const { message, code, meta } = explain(thrown, {
      ...(url && { url }),
      ...(loaded && { errors: loaded.errors }),
      ...(panic && { panic }),
    })
    const data = { is_panic: false, message, error_code: code, meta }
    answer(request, {
      error: { code: 4466, message: 'An error happened. Check the data field for details.', data },
    })
  }

  const handle = async (request: Request): Promise<void> => {
    try {
      answer(request, { result: (await perform(request, url, loadOnce)) ?? null })
    } catch (error) {
      refuse(request, error)
    }
  }

  const fail = (error: unknown) => {
    for (const request of unanswered.values()) refuse(request, error)
    process.stdout.write('', () => process.exit(1))
  }
  process.on('uncaughtException', fail)
  process.on('unhandledRejection', fail)

  let queue: Promise<void> = Promise.resolve()
  const finish = () => void queue.finally(() => process.exit(0))
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })
  lines.on('line', (line) => {
    const request = parseRequest(line)
    if (request === undefined) return
    unanswered.set(request.id, request)
    queue = queue.then(() => handle(request))
  })
  lines.on('close', finish)
  // Ctrl+C and the CLI's own kill: what runs ends first, so that no shadow database stays behind.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, finish)
}

async function perform(
  request: Request,
  url: string | undefined,
  load: () => Promise<WasmEngine>,
): Promise<unknown> {
  switch (request.method) {
    case 'createDatabase': {
      const database = urlOf(request) ?? url ?? ''
      await ensureDatabase(database)
      return { databaseName: databaseOf(database) }
    }
    case 'ensureConnectionValidity':
      await withConnection(urlOf(request) ?? url ?? '', (connection) => connection.query('SELECT'))
      return {}
    case 'getDatabaseVersion':
      return (await load()).engine.version()
  }
  const { engine } = await load()
  const method: unknown = Reflect.get(engine, request.method)
  if (typeof method !== 'function')
    throw new Error(`The offline schema engine has no method "${request.method}".`)
  const result: unknown = await Reflect.apply(method, engine, [request.params])
  if (request.method !== 'diff' || typeof result !== 'object' || result === null) return result
  // The native engine prints a diff through the CLI and leaves it out of the result.
  if ('stdout' in result && typeof result.stdout === 'string') {
    write({ id: 0, method: 'print', params: { content: result.stdout } })
  }
  return { ...result, stdout: null }
}

function urlOf({ params }: Request): string | undefined {
  const datasource: unknown =
    typeof params === 'object' && params !== null ? Reflect.get(params, 'datasource') : undefined
  const url: unknown =
    typeof datasource === 'object' && datasource !== null ? Reflect.get(datasource, 'url') : undefined
  return typeof url === 'string' ? url : undefined
}

// Answers of the CLI to our own "print" carry no method.
function parseRequest(line: string): Request | undefined {
  if (line.trim() === '') return undefined
  const message: unknown = JSON.parse(line)
  if (typeof message !== 'object' || message === null || !('method' in message)) return undefined
  if (typeof message.method !== 'string') return undefined
  return {
    id: 'id' in message ? message.id : null,
    method: message.method,
    params: 'params' in message ? message.params : undefined,
  }
}

function write(message: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
}
