import { apps } from '../requests.ts'
import type { AppServer } from '../servers/app-server.ts'
import type { Begin } from './stage.ts'

const startAll = (servers: readonly AppServer[]) => ({
  async end() {
    await Promise.all(servers.map((server) => server.start()))
  },
})

export const killServer: Begin = async ({ servers }, random) => {
  const server = random.pick(servers)
  await server.kill()
  return startAll([server])
}

export const stopServer: Begin = async ({ servers }, random) => {
  const server = random.pick(servers)
  await server.stop()
  return startAll([server])
}

export const killApp: Begin = async ({ servers }, random) => {
  const app = random.pick(apps)
  const killed = servers.filter((server) => server.app === app)
  await Promise.all(killed.map((server) => server.kill()))
  return startAll(killed)
}
