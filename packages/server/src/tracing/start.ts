import cluster from 'node:cluster'
import { context, propagation } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { tracing as ofLedger } from '@shared-ledger/ledger'
import { orLate } from '../in-time.ts'
import { traceFields } from './fields.ts'
import { createLedgerTracer } from './ledger-tracer.ts'
import { createRequestTracer } from './requests.ts'
import type { Tracing } from './tracing.ts'

const flushMs = 3_000

/** Sends this process's traces to the endpoint in OTEL_EXPORTER_OTLP_ENDPOINT, which the exporter reads by itself. */
export function startTracing(app: string): Tracing {
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({
      'service.name': app,
      'service.namespace': 'shared-ledger',
      'process.pid': process.pid,
      ...(cluster.worker && { 'shared_ledger.worker': cluster.worker.id }),
    }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  const tracer = provider.getTracer('@shared-ledger/server')
  ofLedger.tracer = createLedgerTracer(tracer)
  return {
    ...createRequestTracer(tracer),
    traceFields: (schema) => traceFields(schema, tracer),
    async close() {
      ofLedger.tracer = undefined
      // Traces that cannot be sent in time are lost. They must not keep the process alive.
      await orLate(provider.shutdown(), flushMs, () => {}).catch(() => {})
      context.disable()
      propagation.disable()
    },
  }
}
