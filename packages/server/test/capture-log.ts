import { Writable } from 'node:stream'
import { createLogger } from '@shared-ledger/server'

/** Creates an app's logger that keeps its lines. */
export function captureLog(app: string) {
  const lines: Record<string, unknown>[] = []
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)))
      done()
    },
  })
  return { logger: createLogger(app, destination), lines }
}
