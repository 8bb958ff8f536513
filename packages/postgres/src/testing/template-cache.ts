import { createHash } from 'node:crypto'
import {
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
import type { Placement } from '../embedded/placement.ts'
import { appsOf, historyOf, LEDGER, migrationsOf, scriptOf } from '../project.ts'

/** The folder of a migrated cluster, which stands for exactly the project's migrations of now. */
export function templateCacheOf(root: string): string {
  const hash = createHash('sha256').update(findBinaries().version)
  for (const history of [LEDGER, ...appsOf(root)].map((name) => historyOf(root, name))) {
    for (const name of migrationsOf(history)) {
      hash.update(`\0${history.name}/${name}\0`).update(readFileSync(scriptOf(history, name)))
    }
  }
  const name = `postgres-${hash.digest('hex').slice(0, 16)}`
  return path.join(root, 'node_modules', '.cache', 'shared-ledger', name)
}

/** Fills a new server's folder from the cache; answers whether there was something. */
export function restoreFrom(cache: string, { home, user }: Placement): boolean {
  if (!existsSync(cache)) return false
  for (const name of kept) cpSync(path.join(cache, name), path.join(home, name), { recursive: true })
  if (user) own(path.join(home, 'data'), user)
  return true
}

/** Keeps the data of a stopped server, in place of what was kept for earlier migrations. */
export function keepIn(cache: string, { home }: Placement): void {
  const folder = path.dirname(cache)
  rmSync(folder, { recursive: true, force: true })
  const unfinished = `${cache}.${process.pid}`
  mkdirSync(unfinished, { recursive: true })
  for (const name of kept) cpSync(path.join(home, name), path.join(unfinished, name), { recursive: true })
  if (!existsSync(cache)) renameSync(unfinished, cache)
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
