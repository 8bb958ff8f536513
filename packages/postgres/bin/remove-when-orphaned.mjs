#!/usr/bin/env node
// Waits beside a test run, whose end, be it by kill -9, ends our stdin; then stops the run's PostgreSQL and removes its
// folders. After a run that removed them itself there is nothing left to do.
import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const [data, ...folders] = process.argv.slice(2)

process.stdin.resume().on('end', async () => {
  const pid = serverOf(data)
  if (pid) {
    process.kill(pid, 'SIGQUIT')
    for (let left = 200; left > 0 && serverOf(data) === pid; left -= 1) await sleep(50)
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

function serverOf(data) {
  try {
    const pid = Number(readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n')[0])
    process.kill(pid, 0)
    return pid
  } catch {
    return undefined
  }
}
