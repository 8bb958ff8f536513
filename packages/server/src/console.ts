import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { documents, files, paths } from '@shared-ledger/console'
import { isOwner, type Principal } from '@shared-ledger/ledger/facts'
import type { GraphQLSchema } from 'graphql'
import { jsonAnswer } from './answer.ts'
import { contentTypes, createAsset } from './asset.ts'
import { fitDocuments } from './console-documents.ts'
import { type Endpoint, getEndpoint } from './endpoint.ts'
import { pageHeaders } from './security-headers.ts'

/** An app's console, and where it is. */
export interface ConsoleAddress {
  readonly app: string
  /** The address of the app, such as http://localhost:4001. */
  readonly url: string
}

interface ConsoleOptions {
  readonly app: string
  readonly schema: GraphQLSchema
  /** The consoles that this one leads to, itself included. Called for each request. */
  readonly consoles: () => readonly ConsoleAddress[]
}

/** The path of what the console asks first. It is not a page: callers are identified. */
export const consoleSession = '/console/session'

/**
 * Serves the console: its page at the path of each screen, the files that the page loads, and what it asks first: the
 * app, what the caller may do, the other consoles, and the documents that this graph takes.
 *
 * @throws Error when the console is not built
 */
export function consoleEndpoints({
  app,
  schema,
  consoles,
}: ConsoleOptions): Readonly<Record<string, Endpoint>> {
  const folder = fileURLToPath(files)
  if (!existsSync(folder)) throw new Error('The console is not built. Install the packages again: npm ci')
  const page = createAsset(contentTypes.html, () => readFile(`${folder}index.html`, 'utf8'), pageHeaders)
  const built = readdirSync(`${folder}assets`).map((name) => [
    `/console/assets/${name}`,
    createAsset(typeOf(name), () => readFile(`${folder}assets/${name}`), forever),
  ])
  let fitted: Readonly<Record<string, string>> | undefined
  const session: Endpoint = getEndpoint(async (_request, principal) => {
    fitted ??= fitDocuments(schema, documents)
    const body = { app, caller: callerOf(principal), consoles: consoles(), documents: fitted }
    return jsonAnswer({ status: 200, headers: { 'content-type': 'application/json' }, body, outcome: 'ok' })
  })
  return {
    ...Object.fromEntries(paths.map((path) => [path, page])),
    ...Object.fromEntries(built),
    [consoleSession]: session,
  }
}

/** The name of a built file has the hash of its content, so that a browser never needs to ask again. */
const forever = { 'cache-control': 'public, max-age=31536000, immutable' }

function typeOf(name: string): string {
  const extension = extname(name)
  if (extension === '.js') return contentTypes.js
  if (extension === '.css') return contentTypes.css
  throw new Error(`The console has a file of a type that is not served: ${name}`)
}

/** What the console shows of a caller: its name, and its scopes or its owner. */
function callerOf(principal: Principal) {
  const { name } = principal
  return isOwner(principal) ? { name, owner: principal.owner } : { name, scopes: principal.scopes }
}
