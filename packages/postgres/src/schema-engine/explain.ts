import type { ErrorRegistry } from '@prisma/driver-adapter-utils'
import { addressOf } from '@shared-ledger/ledger/session'
import { codeOf, messageOf } from '../errors.ts'

/** An error as the Prisma CLI shows it. */
export interface Explanation {
  readonly message: string
  /** Prisma's code, such as P1001. */
  readonly code: string | null
  readonly meta: unknown
}

// https://www.prisma.io/docs/orm/reference/error-reference
const codes: Record<string, string> = {
  '28000': 'P1000',
  '28P01': 'P1000',
  '3D000': 'P1003',
  '42501': 'P1010',
  ECONNREFUSED: 'P1001',
  ENOTFOUND: 'P1001',
  EAI_AGAIN: 'P1001',
  ETIMEDOUT: 'P1001',
  EHOSTUNREACH: 'P1001',
  ECONNRESET: 'P1017',
}

/** What went wrong, in words and without a stack. */
export function explain(
  thrown: unknown,
  sources: { url?: string; errors?: ErrorRegistry; panic?: string },
): Explanation {
  const error = originalOf(thrown, sources.errors)
  if (error instanceof WebAssembly.RuntimeError) {
    const panic = sources.panic ?? error.message
    return { message: `Prisma's schema engine failed: ${panic}`, code: null, meta: null }
  }
  const code = codeOf(error)
  const prismaCode = code === undefined ? null : (codes[code] ?? (/^P\d{4}$/.test(code) ? code : null))
  const unreachable = prismaCode === 'P1001' && code !== prismaCode && sources.url !== undefined
  const message = unreachable
    ? `Can't reach database server at ${addressOf(sources.url ?? '')}: ${messageOf(error)}`
    : withoutStack(messageOf(error))
  const meta: unknown = error instanceof Error && 'meta' in error ? error.meta : null
  return { message, code: prismaCode, meta }
}

// The engine answers "External error id#0" for an error that the adapter threw and keeps.
function originalOf(error: unknown, registry: ErrorRegistry | undefined): unknown {
  const id = /External error id#(\d+)/.exec(messageOf(error))?.[1]
  return id === undefined ? error : (registry?.consumeError(Number(id))?.error ?? error)
}

// The engine wraps a message in its own words and puts its call chain below it.
function withoutStack(message: string): string {
  const migration = /^\s+with migration_name="([^"]+)"/m.exec(message)?.[1]
  const words = message
    .split('\n')
    .filter((line) => !/^\s+(?:\d+: |at |with )|^external connector error$/.test(line))
    .map((line) => line.replace(/^Error querying the database: /, ''))
  return [migration && `The migration ${migration} failed.`, ...words].filter(Boolean).join('\n').trimEnd()
}
