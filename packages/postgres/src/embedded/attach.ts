import { setTimeout as sleep } from 'node:timers/promises'
import { readSettings } from '@shared-ledger/ledger/session'
import type pg from 'pg'
import { checkInitialised, DATABASE_USER, initialise, passwordOf } from './initialise.ts'
import { type KeptLease, keepLease } from './kept-lease.ts'
import { isAlone, isGone, isUnleased } from './lease.ts'
import { readPidFile } from './pid-file.ts'
import { dataOf, isInitialised, makeOpen, type Placement, place } from './placement.ts'
import { startServer, stopServer } from './server.ts'
import { embeddedSettings } from './settings.ts'
import { withStartLock } from './start-lock.ts'

export interface AttachOptions {
  /** The folder that keeps the database between runs: `.data/postgres` in the project. */
  readonly directory: string
  /** Called with lines that tell a person what happens. */
  readonly log: (line: string) => void
}

/** One process's lease of an embedded server. Until it detaches, it starts the server again whenever the server ends. */
export interface AttachedPostgres {
  /** Returns the url of a database on this server. */
  url(database: string): string
  /** The folder with the data: `directory`, or a folder of the system when PostgreSQL's user cannot enter `directory`. */
  readonly home: string
  /** Gives the lease up. The last process to do so stops the server. */
  detach(): Promise<void>
}

const PATIENCE_MS = 10_000

/**
 * Attaches to the embedded server of `directory`. Makes the database and starts the server if needed. Any number of
 * processes may attach and detach at the same time. If all of them end by `kill -9`, the server runs on until the next
 * process attaches and detaches.
 *
 * @throws Error with PostgreSQL's message when it does not start
 */
export async function attachEmbeddedPostgres({ directory, log }: AttachOptions): Promise<AttachedPostgres> {
  makeOpen(directory)
  return withStartLock({ directory, log }, async () => {
    const placement = await place(directory)
    if (placement.home !== directory) {
      log(`The database is in ${placement.home}: PostgreSQL's user could not enter ${directory}`)
    }
    if (!isInitialised(placement.home)) {
      log(`Creating the database in ${placement.home} …`)
      await initialise(placement)
    }
    checkInitialised(placement)
    passwordOf(placement)
    if (!readPidFile(dataOf(placement.home))) log(`Starting PostgreSQL on ${placement.home} …`)
    const { url, lease } = await startAndLease(directory, placement, log)
    let detaching: Promise<void> | undefined
    return {
      url,
      home: placement.home,
      detach() {
        detaching ??= lease
          .giveUp()
          .then((last) =>
            withStartLock({ directory, log }, () => letGo(last, url('postgres'), placement, log)),
          )
        return detaching
      },
    }
  })
}

/** Returns a function that makes the urls of a running server's databases. */
export function urlOf(
  placement: Placement,
  port: number,
  user: string = DATABASE_USER,
): (database: string) => string {
  const password = passwordOf(placement)
  return (database) =>
    `postgresql://${encodeURIComponent(user)}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`
}

async function startAndLease(directory: string, placement: Placement, log: (line: string) => void) {
  const deadline = Date.now() + PATIENCE_MS
  const { LEDGER_PG_PORT: wanted } = readSettings(embeddedSettings)
  for (;;) {
    const port = await startServer(placement, { port: wanted })
    const url = urlOf(placement, port)
    const startAgain = () =>
      withStartLock({ directory, log }, async () => {
        if (!lease.isGivenUp()) await startOnSamePort(placement, port, log)
      })
    let lease: KeptLease
    try {
      lease = await keepLease({ url: url('postgres'), startAgain, log })
      return { url, lease }
    } catch (error) {
      // A server that was just killed seems to run for a moment longer.
      if (!isGone(error) || Date.now() > deadline) throw error
      await sleep(50)
    }
  }
}

// The apps' urls contain the port, so it must stay the same.
async function startOnSamePort(
  placement: Placement,
  port: number,
  log: (line: string) => void,
): Promise<void> {
  if (!readPidFile(dataOf(placement.home))) log(`PostgreSQL ended. Starting it again on port ${port} …`)
  const running = await startServer(placement, { port, portIsFixed: true })
  if (running === port) return
  throw new Error(`PostgreSQL runs on port ${running} now, and no longer on ${port}. Start the apps again.`)
}

async function letGo(
  lease: pg.Client,
  url: string,
  placement: Placement,
  log: (line: string) => void,
): Promise<void> {
  try {
    // When our connection has ended, PostgreSQL may have been restarted or be gone.
    const last = await isAlone(lease).catch(() => isUnleased(url).catch(() => false))
    if (!last) return
    log('Stopping PostgreSQL …')
    await stopServer(placement)
  } finally {
    await lease.end().catch(() => {})
  }
}
