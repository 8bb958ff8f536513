import { type AppProcess, startAppProcess } from './app-process.ts'

/**
 * Two processes that serve an app on one database. When they are workers of one server, the pair has that server twice.
 */
export const pairs = [
  {
    pair: 'two servers',
    workers: [undefined],
    startPair(app: string, databaseUrl: string) {
      const start = () => startAppProcess(app, databaseUrl, { workers: 1 })
      return Promise.all([start(), start()])
    },
  },
  {
    pair: 'two workers of one server',
    workers: [1, 2],
    async startPair(app: string, databaseUrl: string) {
      const server = await startAppProcess(app, databaseUrl, { workers: 2 })
      return [server, server] as const
    },
  },
]

/**
 * Returns which workers of a server have posted, from its log. A server without workers counts as one without a number.
 */
export function workersThatPosted({ output }: AppProcess): (number | undefined)[] {
  const lines = output()
    .split('\n')
    .filter((line) => line.includes('"msg":"posting"'))
  return [...new Set(lines.map((line) => JSON.parse(line).worker))].sort()
}
