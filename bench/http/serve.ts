import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLedger, createPool, type Ledger } from '@shared-ledger/ledger'
import { scopes } from '@shared-ledger/ledger/facts'
import { createLogger, type Identify, postingLogger, requireDatabaseUrl, serve } from '@shared-ledger/server'
import { buildSchema } from '../../packages/plugin-ledger/test/build-schema.ts'
import { createApp } from '../../packages/server/src/app.ts'
import { listen } from '../../packages/server/src/listen.ts'
import { app, operations } from '../posting.ts'
import { createExecutor } from './executor.ts'
import { noopLedger } from './noop-ledger.ts'

// servers.ts runs this in its own process, with the kind of server as its argument.
const kind = process.argv[2]
const logger = createLogger(app)
const pool = createPool(requireDatabaseUrl(app))
const ledger = createLedger({ app, operations, pool, onPosting: postingLogger(logger) })

/** Believes the name that a request gives. Checking it is not part of this measurement. */
const byName: Identify = ({ header }) => ({ name: header('authorization') ?? 'nobody', scopes })

process.on('message', () => process.send?.(process.cpuUsage())) // this is the only message

if (kind === 'ledger') await serveGraph(ledger)
else if (kind === 'named') await serveGraph(ledger, byName)
else if (kind === 'unbounded') await serveUnbounded()
else if (kind === 'no-op') await serveGraph(noopLedger(ledger))
else if (kind === 'bare') serveBare(noopLedger(ledger))
else throw new TypeError(`There is no server of the kind ${kind}.`)

/** Serves the ledger as an app does. */
async function serveGraph(served: Ledger<typeof operations>, identify?: Identify): Promise<void> {
  await serve({
    app,
    port: 0,
    ledger: served,
    schema: buildSchema(served),
    logger,
    ...(identify && { identify }),
    close: () => pool.end(),
  })
}

/** Does the same, but admits every request at once. */
async function serveUnbounded(): Promise<void> {
  const served = createApp({ app, ledger, schema: buildSchema(ledger), logger })
  const at = { host: '127.0.0.1', port: 0, isOwnHost: () => true }
  const { server } = await listen(served, at, {
    admit(_, apply) {
      const { receive, answer } = apply()
      const received = receive({ reserve: () => true, pauseMs: () => 0 })
      if (received) void received.then(() => answer(() => {}))
      else answer(() => {})
    },
  })
  announce(server)
}

/** Serves the least that GraphQL over HTTP can be: without checks, limits or a log. */
function serveBare(served: Ledger<typeof operations>): void {
  const execute = createExecutor(buildSchema(served))
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', async () => {
      const { query, variables } = JSON.parse(Buffer.concat(chunks).toString())
      const body = JSON.stringify(await execute(query, variables))
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      })
      response.end(body)
    })
  })
  server.listen(0, '127.0.0.1', () => announce(server))
}

function announce(server: Server): void {
  const { port } = server.address() as AddressInfo
  process.send?.({ url: `http://127.0.0.1:${port}` })
  process.on('disconnect', () => process.exit(0))
  process.on('SIGTERM', () => process.exit(0))
}
