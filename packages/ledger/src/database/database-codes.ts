import { z } from 'zod'

/** What an error of the database says, in all of its layers. */
export interface DatabaseReport {
  /** SQLSTATEs, Prisma's codes, kinds of Prisma's adapter, and Node's errors with what failed: `connect ECONNREFUSED`. */
  readonly codes: readonly string[]
  readonly messages: readonly string[]
}

/** How Prisma's PostgreSQL adapter reports an error, with the SQLSTATE: directly around a transaction, else in `meta`. */
const causeSchema = z.object({
  kind: z.string(),
  originalCode: z.string().optional(),
  originalMessage: z.string().optional(),
})
const driverErrorSchema = z.object({ name: z.literal('DriverAdapterError'), cause: causeSchema })
const envelopeSchema = z.object({ meta: z.object({ driverAdapterError: z.object({ cause: causeSchema }) }) })
const codedSchema = z.object({ code: z.string() })
const systemErrorSchema = z.object({ code: z.string(), syscall: z.string() })

/**
 * Reads the layers of an error: the error that Prisma wraps, the attempts of an AggregateError, and the causes of an
 * app's own error. A network error below an app's own error does not count, because the app may have called another
 * server.
 */
export function reportOf(error: unknown): DatabaseReport {
  const codes: string[] = []
  const messages: string[] = []
  const seen = new Set<unknown>()
  const read = (layer: unknown, isOutermost: boolean) => {
    if (typeof layer !== 'object' || layer === null || seen.has(layer)) return
    seen.add(layer)
    const cause =
      driverErrorSchema.safeParse(layer).data?.cause ??
      envelopeSchema.safeParse(layer).data?.meta.driverAdapterError.cause
    if (cause) {
      codes.push(cause.kind, ...(cause.originalCode ? [cause.originalCode] : []))
      messages.push(cause.originalMessage ?? '')
    }
    const system = systemErrorSchema.safeParse(layer).data
    if (!system) codes.push(codedSchema.safeParse(layer).data?.code ?? '')
    else if (isOutermost) codes.push(`${system.syscall} ${system.code}`)
    if (!(layer instanceof Error)) return
    messages.push(layer.message)
    if (layer instanceof AggregateError) for (const each of layer.errors) read(each, isOutermost)
    read(layer.cause, false)
  }
  read(error, true)
  return { codes, messages }
}
