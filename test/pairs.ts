import { type AppProcess, startAppProcess } from './app-process.ts'

/** Two processes that serve an app on one database; where they are workers of one server, it is there twice. */
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

/** Which workers of a server have posted, by its log; a server without workers has one that has no number. */
export function workersThatPosted({ output }: AppProcess): (number | undefined)[] {
  const lines = output()
    .split('\n')
    .filter((line) => line.includes('"msg":"posting"'))
  return [...new Set(lines.map((line) => JSON.parse(line).worker))].sort()
}
