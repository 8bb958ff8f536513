import { appsOf, migrate } from '@shared-ledger/postgres'
import { ownersOf, withLoginOf } from './app-logins.ts'
import { assertConnections } from './connections.ts'
import { withDatabase } from './database.ts'
import { chooseServers, type ServerProcess, startServerProcess } from './server-processes.ts'
import { readStartSettings } from './settings.ts'
import { workersOf } from './start-options.ts'
import { say } from './terminal.ts'

const advice =
  'logged in as the owner of the database, who may do everything there. npx shared-ledger provision gives each app a role of its own.'

/** Starts the database and the apps, and waits for their end. */
export async function start(
  root: string,
  { positionals: names, values }: { positionals: string[]; values: { workers: string } },
): Promise<number> {
  const { METRICS_PORT: metricsPort, CONSOLE, CONSOLES } = readStartSettings()
  const workers = workersOf(values.workers)
  const apps = chooseServers(root, names)
  const withMigrations = appsOf(root).filter((app) => apps.includes(app))
  return withDatabase(root, async ({ directUrl, loginsOf }, stopped) => {
    await migrate({ databaseUrl: directUrl, root, apps: withMigrations, log: say, signal: stopped })
    const logins = await loginsOf(apps, stopped)
    const owners = await ownersOf(logins)
    if (owners.length > 0) say(`${owners.join(', ')}: ${advice}`)
    if (workers > 1) await assertConnections([...logins.values()], workers)
    stopped.throwIfAborted()
    const servers = Array.from(logins, ([app, login], index) => {
      const environment = environmentOf({ isAlone: apps.length === 1, index, metricsPort })
      return startServerProcess(app, { root, env: withLoginOf(login, environment), workers })
    })
    process.on('exit', () => killAll(servers)) // a second Ctrl+C does not wait for any of them
    void announce(servers, { console: CONSOLE === 'on', leads: CONSOLES === undefined })
    return outcomeOf(servers, stopped)
  })
}

interface Place {
  readonly isAlone: boolean
  /** Its index among the apps, from 0. */
  readonly index: number
  readonly metricsPort: number | undefined
}

// PORT applies to a single server, because several cannot share it. Metrics ports count up from METRICS_PORT. With 0,
// each server gets any free port.
function environmentOf({ isAlone, index, metricsPort }: Place): NodeJS.ProcessEnv {
  const { PORT, METRICS_PORT, ...environment } = process.env
  return {
    ...environment,
    ...(PORT && isAlone && { PORT }),
    ...(metricsPort !== undefined && { METRICS_PORT: String(metricsPort && metricsPort + index) }),
  }
}

interface Consoles {
  /** Whether each app serves its console. */
  readonly console: boolean
  /** Whether each console leads to those of the other apps. CONSOLES may name others. */
  readonly leads: boolean
}

// Prints the addresses once all servers are ready, and tells each server those of the others.
async function announce(servers: readonly ServerProcess[], { console, leads }: Consoles): Promise<void> {
  const urls = await Promise.all(servers.map(({ ready }) => ready))
  const consoles = servers.flatMap(({ app }, i) => (urls[i] === undefined ? [] : [{ app, url: urls[i] }]))
  if (consoles.length < servers.length) return
  if (leads) for (const server of servers) server.send({ type: 'consoles', consoles })
  const width = Math.max(...consoles.map(({ app }) => app.length))
  const lines = consoles.flatMap(({ app, url }) => [
    `  ${app.padEnd(width)}  ${url}`,
    ...(console ? [`  ${' '.repeat(width)}  ${url}/console`] : []),
  ])
  say(['', ...lines, ''].join('\n'))
}

// Waits until all servers have ended. When one ends with an error, the others are stopped.
async function outcomeOf(servers: readonly ServerProcess[], stopped: AbortSignal): Promise<number> {
  let failed = false
  stopped.addEventListener('abort', () => stopAll(servers))
  await Promise.all(
    servers.map(async ({ app, ended }) => {
      const failure = await ended
      if (failure === undefined || failed || stopped.aborted) return
      failed = true
      say(`The server of ${app} ended (${failure}).${servers.length > 1 ? ' Stopping the others …' : ''}`)
      stopAll(servers)
    }),
  )
  return failed ? 1 : 0
}

function stopAll(servers: readonly ServerProcess[]): void {
  for (const server of servers) server.stop()
}

function killAll(servers: readonly ServerProcess[]): void {
  for (const server of servers) server.kill()
}
