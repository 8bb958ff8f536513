import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createBenchDatabase } from '../database.ts'
import { openConnection } from '../http/connection.ts'
import { createServers, type Servers } from '../http/servers.ts'
import { load } from '../machine.ts'
import { hotOwner, spreadOwners } from '../owners.ts'
import { measureRounds } from '../rounds.ts'
import { fullSizes, type Sizes, tinySizes } from '../sizes.ts'
import { median } from '../statistics.ts'
import { ratiosOf } from '../targets.ts'
import { postOverHttp } from '../variants/over-http.ts'
import { type HostileInput, hostileInputs, type Target } from './inputs.ts'
import { beNormal } from './normal-client.ts'
import { costTable, hostileTable, type Row } from './report.ts'

/**
 * `npm run bench:hostile` measures what a normal client sees while others send hostile input, and what the bounds cost.
 * It never fails because of a figure.
 */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true, // more names after --only
    options: {
      seconds: { type: 'string', default: '20' },
      rounds: { type: 'string', default: '5' },
      only: { type: 'string', multiple: true, default: [] },
    },
  })
  const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)]
  const only = [...values.only, ...positionals]
  const isWanted = (name: string) => only.length === 0 || only.some((part) => name.includes(part))
  const sizes: Sizes = { ...tinySizes, owners: 1000, usualCallers: fullSizes.usualCallers }

  const database = await createBenchDatabase(sizes, log)
  const servers = createServers(database.url)
  try {
    const url = await servers.urlOf('named')
    const target = { url, ownerId: hotOwner, transactionId: await postTransaction(url, sizes) }
    const rows: Row[] = []
    for (const input of hostileInputs.filter(({ name }) => isWanted(name))) {
      rows.push(await measure(input, target, spreadOwners(sizes)[0] ?? '', seconds))
    }
    console.log(`\n${hostileTable(rows, seconds)}`)
    if (isWanted('cost of the bounds')) console.log(`\n${await measureCost(servers, sizes, rounds)}`)
    console.log(`\nThe machine's load: ${load()}.`)
  } finally {
    await servers.stop()
    await database.remove()
  }
}

/** Measures the normal client, first alone and then beside the input. */
async function measure(input: HostileInput, target: Target, ownerId: string, seconds: number): Promise<Row> {
  log(`${input.name} …`)
  await beNormal(target.url, ownerId, seconds / 20)
  const quiet = await beNormal(target.url, ownerId, seconds / 2)
  const sender = fork(join(import.meta.dirname, 'sender.ts'), [input.name, JSON.stringify(target)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  try {
    await once(sender, 'message')
    await sleep((seconds / 20) * 1000)
    return { input, quiet, hostile: await beNormal(target.url, ownerId, seconds) }
  } finally {
    const exited = once(sender, 'exit')
    sender.kill('SIGKILL')
    await exited
    await untilQuiet(target.url, ownerId)
  }
}

/** Waits until the server has finished what a sender left behind: ten answers in a row are as fast as in quiet times. */
async function untilQuiet(url: string, ownerId: string): Promise<void> {
  const until = performance.now() + 60_000
  while (performance.now() < until) {
    const { p99, failed } = await beNormal(url, ownerId, 0.5)
    if (failed === 0 && p99 < 200) return
  }
  log('The server was not quiet again within a minute.')
}

/** Posts a transaction with the most entries. */
async function postTransaction(url: string, sizes: Sizes): Promise<string> {
  const connection = await openConnection(url)
  const entries = Array.from({ length: 100 }, (_, index) => ({
    ownerId: spreadOwners(sizes)[index],
    operation: 'CREDIT_ADD',
    amount: 1,
  }))
  const query = `mutation ($input: PostLedgerTransactionInput!) {
    postLedgerTransaction(input: $input) { ... on PostLedgerTransactionSuccess { transaction { id } } }
  }`
  const body = JSON.stringify({ query, variables: { input: { nonce: crypto.randomUUID(), entries } } })
  const id = /"id":"([^"]+)"/.exec(await connection.post('/graphql', body))?.[1]
  connection.close()
  if (id === undefined) throw new Error('The transaction was not posted.')
  return id
}

const [withBounds, withoutBounds] = ['with bounds', 'without bounds']

/** Compares the same server with its admission step and with one that admits everything. */
async function measureCost(servers: Servers, sizes: Sizes, rounds: number): Promise<string> {
  const variant = (name: string, kind: 'ledger' | 'unbounded') => ({
    name,
    unit: 'requests/s' as const,
    async measure(seconds: number) {
      const load = {
        kind,
        transport: 'graphql',
        distribution: 'uniform',
        connections: sizes.usualCallers,
      } as const
      return (await postOverHttp(servers, sizes, load, seconds)).callsPerSecond
    },
  })
  const variants = [variant(withBounds, 'ledger'), variant(withoutBounds, 'unbounded')]
  const measured = await measureRounds(variants, { rounds, seconds: 2, log })
  const rate = (name: string) => median(measured.find((each) => each.name === name)?.rounds ?? [])
  return costTable({
    withBounds: rate(withBounds),
    withoutBounds: rate(withoutBounds),
    ratios: ratiosOf(measured, withBounds, withoutBounds),
    connections: sizes.usualCallers,
  })
}

function log(line: string): void {
  console.error(line)
}

await main()
