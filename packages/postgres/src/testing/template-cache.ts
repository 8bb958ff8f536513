import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import path from 'node:path'
import { findBinaries } from '../embedded/binaries.ts'
import { DATABASE_USER, INITDB_OPTIONS } from '../embedded/initialise.ts'
import type { Placement } from '../embedded/placement.ts'
import { appsOf, historyOf, LEDGER, migrationsOf, scriptOf } from '../project.ts'

/** Returns the folder that caches a migrated cluster. Its name changes with the cluster's options and the migrations. */
export function templateCacheOf(root: string): string {
  const cluster = [findBinaries().version, DATABASE_USER, ...INITDB_OPTIONS]
  const hash = createHash('sha256').update(cluster.join('\0'))
  for (const history of [LEDGER, ...appsOf(root)].map((name) => historyOf(root, name))) {
    for (const name of migrationsOf(history)) {
      hash.update(`\0${history.name}/${name}\0`).update(readFileSync(scriptOf(history, name)))
    }
  }
  const name = `postgres-${hash.digest('hex').slice(0, 16)}`
  return path.join(root, 'node_modules', '.cache', 'shared-ledger', name)
}

/** Fills a new server's folder from the cache. Returns whether the cache had data. */
export function restoreFrom(cache: string, { home, user }: Placement): boolean {
  if (!existsSync(cache)) return false
  try {
    for (const name of kept) cpSync(path.join(cache, name), path.join(home, name), { recursive: true })
  } catch {
    for (const name of kept) rmSync(path.join(home, name), { recursive: true, force: true })
    return false // another run is replacing it now
  }
  chmodSync(path.join(home, 'data'), 0o700) // PostgreSQL demands this mode, and cpSync does not keep it since Node 22
  if (user) own(path.join(home, 'data'), user)
  return true
}

/** Caches the data of a stopped server and drops the data of earlier migrations. If this fails, runs are only slower. */
export function keepIn(cache: string, { home }: Placement): void {
  const unfinished = `${cache}.${process.pid}`
  try {
    rmSync(path.dirname(cache), { recursive: true, force: true })
    mkdirSync(unfinished, { recursive: true })
    for (const name of kept) cpSync(path.join(home, name), path.join(unfinished, name), { recursive: true })
    renameSync(unfinished, cache)
  } catch {
    rmSync(unfinished, { recursive: true, force: true }) // another run was faster, or node_modules is read-only for us
  }
}

const kept = ['data', 'password']

function own(file: string, user: { uid: number; gid: number }): void {
  chownSync(file, user.uid, user.gid)
  for (const entry of readdirSync(file, { withFileTypes: true })) {
    const below = path.join(file, entry.name)
    if (entry.isDirectory()) own(below, user)
    else chownSync(below, user.uid, user.gid)
  }
}
