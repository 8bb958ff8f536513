// npm start [-- content …]: the database, the migrations, and one server process per app.
import { appsOf, migrate } from '@shared-ledger/postgres'
import { runCommand, say } from './command.ts'
import { explainConnection, type OpenDatabase, openDatabase } from './database.ts'
import { chooseServers, type ServerProcess, startServerProcess } from './server-processes.ts'
import { onStopSignals } from './stop-signals.ts'

await runCommand(async (root, names) => {
  const apps = chooseServers(root, names)
  const withMigrations = appsOf(root).filter((app) => apps.includes(app))
  const servers: ServerProcess[] = []
  let stopping = false

  const stopServers = () => {
    stopping = true
    for (const server of servers) server.kill('SIGTERM')
  }
  onStopSignals({
    stop() {
      if (!stopping) say('Stopping …')
      stopServers()
    },
    force() {
      for (const server of servers) server.kill('SIGKILL')
      process.exit(130)
    },
  })

  let database: OpenDatabase | undefined
  try {
    database = await openDatabase(root)
    const { url } = database
    await migrate({ databaseUrl: url, root, apps: withMigrations, log: say })
    if (stopping) return 0
    for (const app of apps) servers.push(startServerProcess(app, root, environmentOf(url, apps)))
    void announce(servers)
    return await outcomeOf(servers, stopServers, () => stopping)
  } catch (error) {
    if (stopping) return 0 // Ctrl+C also ends the initdb or the Prisma command that we wait for
    throw database ? explainConnection(error, database.url) : error
  } finally {
    await database?.close()
  }
})

// PORT moves one server; several would all want it.
function environmentOf(databaseUrl: string, apps: readonly string[]): NodeJS.ProcessEnv {
  const { PORT, ...environment } = process.env
  return { ...environment, DATABASE_URL: databaseUrl, ...(PORT && apps.length === 1 && { PORT }) }
}

async function announce(servers: readonly ServerProcess[]): Promise<void> {
  const urls = await Promise.all(servers.map(({ ready }) => ready))
  if (urls.includes(undefined)) return
  const width = Math.max(...servers.map(({ app }) => app.length))
  say(['', ...servers.map(({ app }, i) => `  ${app.padEnd(width)}  ${urls[i]}`), ''].join('\n'))
}

// Waits until all servers have ended. One that ends by itself with an error takes the others with it.
async function outcomeOf(
  servers: readonly ServerProcess[],
  stopServers: () => void,
  isStopping: () => boolean,
): Promise<number> {
  let exitCode = 0
  await Promise.all(
    servers.map(async ({ app, ended }) => {
      const failure = await ended
      if (failure === undefined || isStopping()) return
      exitCode = 1
      say(`The server of ${app} ended (${failure}).${servers.length > 1 ? ' Stopping the others …' : ''}`)
      stopServers()
    }),
  )
  return exitCode
}
