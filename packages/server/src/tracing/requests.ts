import { context, propagation, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import { methodLabel } from '../metrics/labels.ts'
import type { Tracing } from './tracing.ts'

/** The headers in which a client names the trace of its request. */
const carrierKeys = ['traceparent', 'tracestate']

/** Makes spans for requests. The path is left out, because it may contain an owner's id. */
export function createRequestTracer(tracer: Tracer): Pick<Tracing, 'request' | 'observer'> {
  return {
    request(request, outgoing, answer) {
      const carrier = Object.fromEntries(carrierKeys.map((key) => [key, request.header(key) ?? undefined]))
      const parent = propagation.extract(context.active(), carrier)
      const method = methodLabel(request.method)
      const attributes = { 'http.request.method': method }
      const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent)
      outgoing.once('close', () => {
        const { statusCode } = outgoing
        span.setAttribute('http.response.status_code', statusCode)
        if (statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
        span.end()
      })
      context.with(trace.setSpan(parent, span), answer)
    },
    observer: {
      answered({ method, route, outcome }) {
        const span = trace.getActiveSpan()
        if (route !== undefined)
          span?.setAttribute('http.route', route).updateName(`${methodLabel(method)} ${route}`)
        span?.setAttribute('shared_ledger.outcome', outcome)
      },
      refused: (code) => void trace.getActiveSpan()?.setAttribute('shared_ledger.outcome', code),
      streamOpened() {},
      streamEnded() {},
    },
  }
}
