import { createLedger } from '@shared-ledger/ledger'
import { createLedgerClient } from '../packages/ledger/src/database/database.ts'
import { type BenchDatabase, createBenchDatabase, settings } from './database.ts'
import { writeDocument } from './docs.ts'
import { createServers } from './http/servers.ts'
import { load, surroundings } from './machine.ts'
import { type Options, parseOptions } from './options.ts'
import { app, operations } from './posting.ts'
import { readResults, writeResults } from './results.ts'
import { measureRounds } from './rounds.ts'
import { renderTables } from './tables.ts'
import { judge } from './targets.ts'
import { allVariants } from './variants/index.ts'

/**
 * `npm run bench` measures, prints tables and writes results. It never fails because of a figure, but it fails when a
 * variant does not run.
 */
async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2))
  if (options.writeDocs) {
    writeDocument(readResults(options.results))
    return
  }
  const database = await createBenchDatabase(options.sizes, log)
  try {
    await measure(database, options)
  } finally {
    await database.remove()
  }
}

async function measure(database: BenchDatabase, options: Options): Promise<void> {
  const { rounds, seconds, only, sizes, results: file } = options
  const { url: databaseUrl, pool, widePool } = database
  const prisma = createLedgerClient(pool)
  const ledger = createLedger({ app, operations, pool })
  const servers = createServers(databaseUrl)
  try {
    const variants = allVariants({ databaseUrl, pool, widePool, prisma, ledger, sizes }, servers).filter(
      ({ name }) => only.length === 0 || only.some((part) => name.includes(part)),
    )
    const loads = [load()]
    const blocksBefore = await database.blocksRead()
    const measured = await measureRounds(variants, { rounds, seconds, log })
    loads.push(load())
    const results = {
      ...surroundings(),
      measuredOn: new Date().toISOString(),
      postgres: database.version,
      settings,
      load: loads,
      rounds,
      seconds,
      sizes,
      blocksRead: (await database.blocksRead()) - blocksBefore,
      targets: judge(measured, sizes),
      variants: measured,
    }
    writeResults(file, results)
    console.log(`\n${renderTables(results)}\n`)
    log(`Written to ${file}.`)
    if (measured.some(({ failure }) => failure !== undefined)) process.exitCode = 1
  } finally {
    await servers.stop()
    await ledger.close()
    await prisma.$disconnect()
  }
}

function log(line: string): void {
  console.error(line)
}

await main()
