import { context, type Span, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import type { GraphQLObjectType, GraphQLSchema } from 'graphql'
import { isPromise } from '../settle-lists.ts'

const maxName = 100

/** Runs each query and mutation in its own span. Arguments are left out, because they hold people's data. */
export function traceFields(schema: GraphQLSchema, tracer: Tracer): void {
  traceType(schema.getQueryType(), 'query', tracer)
  traceType(schema.getMutationType(), 'mutation', tracer)
}

function traceType(type: GraphQLObjectType | null | undefined, operation: string, tracer: Tracer): void {
  for (const field of Object.values(type?.getFields() ?? {})) {
    const { name, resolve } = field
    if (!resolve) continue
    field.resolve = (source, args, ofRequest, info) => {
      const operationName = info.operation.name?.value.slice(0, maxName)
      const attributes = {
        'graphql.operation.type': operation,
        'graphql.field.name': name,
        ...(operationName !== undefined && { 'graphql.operation.name': operationName }),
      }
      const span = tracer.startSpan(`${operation} ${name}`, { attributes })
      return context.with(trace.setSpan(context.active(), span), () =>
        ended(span, () => resolve(source, args, ofRequest, info)),
      )
    }
  }
}

/** Runs a function and ends the span with it. */
function ended(span: Span, run: () => unknown): unknown {
  const fail = (error: unknown): never => {
    span.setStatus({ code: SpanStatusCode.ERROR })
    span.end()
    throw error
  }
  try {
    const result = run()
    if (!isPromise(result)) {
      span.end()
      return result
    }
    return result.then((value: unknown) => {
      span.end()
      return value
    }, fail)
  } catch (error) {
    return fail(error)
  }
}
