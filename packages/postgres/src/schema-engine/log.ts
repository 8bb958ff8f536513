/** Writes a line in the form in which the Prisma CLI reads the engine's stderr. */
export function log(level: 'INFO' | 'ERROR', message: string, fields: Record<string, unknown> = {}): void {
  const timestamp = new Date().toISOString()
  const line = { timestamp, level, fields: { message, ...fields }, target: 'schema_engine::logger' }
  process.stderr.write(`${JSON.stringify(line)}\n`)
}
