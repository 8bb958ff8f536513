import { setTimeout as sleep } from 'node:timers/promises'
import type { LedgerLoad } from '@shared-ledger/ledger'
import type { KeyStore } from '@shared-ledger/ledger/keys'
import { createApp } from './app.ts'
import type { App, AppOptions } from './app-options.ts'
import { chooseAuth } from './auth/choose-auth.ts'
import { consolesIn } from './console-message.ts'
import { createCors } from './cors.ts'
import { createHosts } from './hosts.ts'
import { listen } from './listen.ts'
import { observersOf } from './log-answer.ts'
import { createLogger } from './logger.ts'
import type { StartedMetrics } from './metrics/start.ts'
import { readServerSettings, type ServerSettings } from './settings.ts'
import { createStop, exit, onShutdown } from './shutdown.ts'
import { surviveFaults } from './survive-faults.ts'
import type { Tracing } from './tracing/tracing.ts'
import { urlOf } from './url-of.ts'

export interface ServeOptions
  extends Omit<
    AppOptions,
    'ledger' | 'logger' | 'auth' | 'graphiql' | 'introspection' | 'rateLimit' | 'console' | 'consoles'
  > {
  readonly ledger: AppOptions['ledger'] & {
    readonly operations: object
    load(): LedgerLoad
    readonly keys: KeyStore
    assertReady(): Promise<readonly string[]>
    close(): Promise<void>
  }
  /** The port that the app listens on, unless PORT is set. */
  readonly port: number
  /** From `createLogger`. Made here when left out. */
  readonly logger?: AppOptions['logger']
  /** Closes what else the app holds, above all its connection pool, after the last request is answered. */
  readonly close?: () => Promise<void>
}

/** A server at work. */
export interface RunningServer {
  readonly url: string
  /** How long the server goes on serving after it is told to stop: DRAIN_SECONDS. */
  readonly drainSeconds: number
  readonly leadTo: App['leadTo']
  /**
   * Stops the server. It first makes `/readyz` fail and serves on for DRAIN_SECONDS. Then it takes no new connections,
   * ends the subscriptions, finishes the requests in flight, and closes the ledger and what the app holds.
   */
  close(): Promise<void>
}

/**
 * Serves one app until the process is told to stop by SIGINT, SIGTERM, or the end of its parent process. It listens on
 * HOST (127.0.0.1) and PORT, and answers for the hosts in ALLOWED_HOSTS as well. It sends `{type: 'ready', app, url}`
 * to a parent process, which may send `{type: 'consoles', consoles}`: the apps that the console leads to.
 *
 * When the app cannot start, it prints the reason in one line and exits with 1. After the start, unhandled rejections
 * and exceptions are logged, and the process goes on.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const logger = options.logger ?? createLogger(options.app)
  try {
    const server = await startServer({ ...options, logger })
    const shutDown = onShutdown(logger, server)
    surviveFaults(logger, (reason) => shutDown(reason, 1))
    logger.info({ url: server.url }, 'listening')
    process.on('message', (message) => {
      const consoles = consolesIn(message)
      if (consoles) server.leadTo(consoles)
    })
    process.send?.({ type: 'ready', app: options.app, url: server.url })
  } catch (error) {
    logger.fatal(error instanceof Error ? error.message : String(error))
    logger.debug({ err: error }, 'cannot start')
    await exit(logger, 1)
  }
}

/** Like `serve`, for callers that stop the server themselves. @throws Error that says why the server cannot start */
export async function startServer(
  options: ServeOptions & Pick<AppOptions, 'logger'>,
): Promise<RunningServer> {
  const { app, ledger, close } = options
  const release = async () => {
    await ledger.close()
    await close?.()
  }
  let metrics: StartedMetrics | undefined
  let tracing: Tracing | undefined
  try {
    const settings = readServerSettings()
    const { HOST: host, PORT: port = options.port, RATE_LIMIT: rateLimit } = settings
    const { DRAIN_SECONDS: drainSeconds } = settings
    const isOwnHost = createHosts({ host, allowed: settings.ALLOWED_HOSTS })
    for (const warning of await ledger.assertReady()) options.logger.warn(warning)
    metrics = await metricsOf(settings, options)
    tracing = await tracingOf(settings, app)
    const auth = options.identify
      ? undefined
      : await chooseAuth({ app, host, settings, keys: ledger.keys, logger: options.logger })
    if (rateLimit && !options.identify && !auth) options.logger.warn(limitsNobody)
    const { CORS_ORIGINS: origins } = settings
    const cors = origins && createCors(origins)
    const served = createApp(
      {
        ...options,
        rateLimit,
        auth,
        graphiql: settings.GRAPHIQL === 'on',
        introspection: settings.INTROSPECTION === 'on',
        console: settings.CONSOLE === 'on',
        consoles: settings.CONSOLES,
      },
      { observer: observersOf([metrics?.observer, tracing?.observer]), traceFields: tracing?.traceFields },
    )
    const { server, connections } = await listen(served, { host, port, isOwnHost, cors, tracing })
    const stop = createStop(server, connections)
    return {
      url: urlOf(server, host),
      drainSeconds,
      leadTo: served.leadTo,
      async close() {
        served.beginToStop()
        connections.endAfterAnswers()
        if (drainSeconds > 0) await sleep(drainSeconds * 1000)
        served.endStreams()
        await stop()
        try {
          await served.close()
          await metrics?.close()
          await tracing?.close()
          await auth?.close()
        } finally {
          await release()
        }
      },
    }
  } catch (error) {
    await metrics?.close()
    await tracing?.close()
    await release().catch(() => {})
    throw error
  }
}

/** Starts metrics when METRICS_PORT is set. Otherwise their library is not even loaded. */
async function metricsOf(
  { METRICS_PORT: port, METRICS_HOST: host }: ServerSettings,
  { app, ledger, logger }: ServeOptions & Pick<AppOptions, 'logger'>,
): Promise<StartedMetrics | undefined> {
  if (port === undefined) return undefined
  const { startMetrics } = await import('./metrics/start.ts')
  const operations = Object.keys(ledger.operations)
  const started = await startMetrics({ host, port }, { app, operations, load: () => ledger.load() })
  if (started.url !== undefined) logger.info({ url: started.url }, 'metrics')
  return started
}

/** Starts tracing when an endpoint for traces is set. Otherwise OpenTelemetry is not even loaded. */
async function tracingOf(
  { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }: ServerSettings,
  app: string,
): Promise<Tracing | undefined> {
  if (endpoint === undefined) return undefined
  const { startTracing } = await import('./tracing/start.ts')
  return startTracing(app)
}

const limitsNobody =
  'RATE_LIMIT has no effect: it counts per caller, and this server does not authenticate callers'
