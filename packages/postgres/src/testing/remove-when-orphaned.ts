// Runs beside a test run. The end of the run closes our stdin. Then this process stops the run's PostgreSQL and removes
// its folders. If the run has removed them itself, nothing is left to do.
import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { readPidFile } from '../embedded/pid-file.ts'

const [data = '', ...folders] = process.argv.slice(2)

process.stdin.resume().on('end', async () => {
  const server = readPidFile(data)
  if (server) {
    process.kill(server.pid, 'SIGQUIT')
    for (let left = 200; left > 0 && readPidFile(data)?.pid === server.pid; left -= 1) await sleep(50)
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})
