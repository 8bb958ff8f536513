import {
  type Context,
  context,
  type Link,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { LedgerTracer } from '@shared-ledger/ledger'

/** Extracts the summary of a statement, without its values: `SELECT ledger.post_content`. */
const summary = /^\s*([a-z]+)(?:\s+(?:INTO\s+|FROM\s+)?((?:"?\w+"?\.)?"?\w+"?)(?=\s*\())?/i

/**
 * Makes spans for the ledger's calls and statements. One call may post the drafts of several requests. Its span is a
 * child of the first draft's field, and has a link to the field of each draft.
 */
export function createLedgerTracer(tracer: Tracer): LedgerTracer {
  const contexts = new WeakMap<object, Context>()
  const failed = { code: SpanStatusCode.ERROR }
  return {
    handedIn: (draft) => void contexts.set(draft, context.active()),
    async call({ app, drafts }, run) {
      const parents = drafts.map((draft) => contexts.get(draft) ?? context.active())
      const links = parents.flatMap((parent): Link[] => {
        const from = trace.getSpanContext(parent)
        return from ? [{ context: from }] : []
      })
      const [parent = context.active()] = parents
      const attributes = { 'shared_ledger.app': app, 'shared_ledger.batch.size': drafts.length }
      const span = tracer.startSpan('ledger batch', { attributes, links }, parent)
      try {
        return await context.with(trace.setSpan(parent, span), run)
      } catch (error) {
        span.setStatus(failed)
        throw error
      } finally {
        span.end()
      }
    },
    statement(text) {
      const [, operation = 'SQL', target] = summary.exec(text) ?? []
      const name = target === undefined ? operation : `${operation} ${target}`
      const span = tracer.startSpan(name, {
        kind: SpanKind.CLIENT,
        attributes: {
          'db.system': 'postgresql',
          'db.system.name': 'postgresql',
          'db.operation.name': operation.toUpperCase(),
          'db.query.summary': name,
        },
      })
      return (error) => {
        if (error) span.setStatus(failed)
        span.end()
      }
    },
  }
}
