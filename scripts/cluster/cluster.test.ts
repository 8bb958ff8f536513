import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { findBinaries } from '../../packages/postgres/src/embedded/binaries.ts'
import { readPidFile } from '../../packages/postgres/src/embedded/pid-file.ts'
import { dataOf, place } from '../../packages/postgres/src/embedded/placement.ts'
import { startCluster } from './cluster.ts'

const directory = mkdtempSync(path.join(tmpdir(), 'shared-ledger-cluster-'))
chmodSync(directory, 0o755) // PostgreSQL's user must be able to enter
afterAll(() => rmSync(directory, { recursive: true }))

const start = (bin: string | undefined) =>
  startCluster({
    bin,
    directory,
    workers: 1,
    log: () => {},
    signal: new AbortController().signal,
    onLost: () => {},
  })

test.each([
  [undefined, 'CLUSTER_BIN must be set: the folder of'],
  ['', 'CLUSTER_BIN must be set: the folder of'],
  ['/nowhere/bin', '/nowhere/bin has no initdb.'],
])('without the programs it says what CLUSTER_BIN must be: %s', async (bin, reason) => {
  await expect(start(bin)).rejects.toThrow(reason)
})

test('without Citus it says what is missing, and leaves no node running', async () => {
  const binaries = findBinaries()
  await expect(start(path.join(binaries.folder, 'bin'))).rejects.toThrow(
    /^The PostgreSQL in .+ has no Citus\./,
  )
  const coordinator = await place(path.join(directory, 'coordinator'), binaries)
  expect(readPidFile(dataOf(coordinator.home))).toBeUndefined()
})
