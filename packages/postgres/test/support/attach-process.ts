// A process that attaches to the embedded server of a directory, prints so, and detaches when its stdin ends.
import { attachEmbeddedPostgres } from '../../src/index.ts'

const [directory = ''] = process.argv.slice(2)
const print = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)

try {
  const server = await attachEmbeddedPostgres({ directory, log: (log) => print({ log }) })
  print({ url: server.url('postgres'), home: server.home })
  process.stdin.resume().on('end', async () => {
    await server.detach()
    process.exit(0)
  })
} catch (error) {
  print({ error: error instanceof Error ? error.message : String(error) })
  process.exit(1)
}
