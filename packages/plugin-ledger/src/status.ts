import type { LedgerStatus, ServerProcess, VerifyRun } from '@shared-ledger/ledger'
import { pageWeight } from './field-cost.ts'
import type { Graph } from './graph.ts'

/** Adds `ledgerStatus`. */
export function addStatus({ builder, ledger }: Graph): void {
  const LedgerDatabaseStatus = builder.objectRef<LedgerStatus['database']>('LedgerDatabaseStatus').implement({
    description: 'How the database is.',
    fields: (t) => ({
      version: t.exposeString('version', { nullable: false, description: "PostgreSQL's version." }),
      sqlVersion: t.exposeInt('sqlVersion', {
        nullable: false,
        description: "The version of the ledger's SQL that it has.",
      }),
      cluster: t.exposeBoolean('cluster', {
        nullable: false,
        description: 'Whether the ledger is distributed over a cluster.',
      }),
      readOnly: t.exposeBoolean('readOnly', {
        nullable: false,
        description: 'Whether it takes no postings of this server.',
      }),
    }),
  })
  const LedgerServerStatus = builder.objectRef<ServerProcess>('LedgerServerStatus').implement({
    description: 'A process with connections to the database.',
    fields: (t) => ({
      name: t.exposeString('name', { nullable: false, description: 'Its host and its process id.' }),
      startedOn: t.expose('startedOn', {
        type: 'DateTime',
        nullable: false,
        description: 'When it started, to the second.',
      }),
      connections: t.exposeInt('connections', {
        nullable: false,
        description: 'How many connections it has open.',
      }),
    }),
  })
  const LedgerPoolStatus = builder.objectRef<LedgerStatus['pool']>('LedgerPoolStatus').implement({
    description: 'The connections of a process to the database.',
    fields: (t) => ({
      open: t.exposeInt('open', { nullable: false, description: 'How many are open.' }),
      idle: t.exposeInt('idle', { nullable: false, description: 'How many of these are idle.' }),
      waiting: t.exposeInt('waiting', { nullable: false, description: 'How many callers wait for one.' }),
    }),
  })
  const LedgerLatency = builder.objectRef<NonNullable<LedgerStatus['latencyMs']>>('LedgerLatency').implement({
    description: 'How long calls of the database took that post, in milliseconds.',
    fields: (t) => ({
      p50: t.exposeFloat('p50', { nullable: false, description: 'Half of them took at most this long.' }),
      p99: t.exposeFloat('p99', { nullable: false, description: '99 of 100 took at most this long.' }),
    }),
  })
  const LedgerMinute = builder
    .objectRef<LedgerStatus['postingsPerMinute'][number]>('LedgerMinute')
    .implement({
      description: 'What was posted in a minute.',
      fields: (t) => ({
        minute: t.expose('minute', { type: 'DateTime', nullable: false, description: 'When it began.' }),
        count: t.expose('count', {
          type: 'SafeInt',
          nullable: false,
          description: 'How many entries and holds were made.',
        }),
      }),
    })
  const LedgerRefusalCount = builder
    .objectRef<LedgerStatus['refusals'][number]>('LedgerRefusalCount')
    .implement({
      description: 'How often postings were refused for a reason.',
      fields: (t) => ({
        code: t.exposeString('code', { nullable: false, description: 'The code of the refusal.' }),
        count: t.expose('count', {
          type: 'SafeInt',
          nullable: false,
          description: 'How many entries and holds it refused.',
        }),
      }),
    })
  const LedgerVerifyRun = builder.objectRef<VerifyRun>('LedgerVerifyRun').implement({
    description: 'A verification of the app by `shared-ledger verify`.',
    fields: (t) => ({
      on: t.expose('on', { type: 'DateTime', nullable: false, description: 'When it ended.' }),
      ok: t.exposeBoolean('ok', { nullable: false, description: 'Whether it found nothing broken.' }),
      questions: t.exposeInt('questions', { nullable: false, description: 'How many questions it asked.' }),
    }),
  })
  const Status = builder.objectRef<LedgerStatus>('LedgerStatus').implement({
    description: 'How the server that answers and its database are.',
    fields: (t) => ({
      app: t.exposeString('app', { nullable: false, description: 'The app.' }),
      version: t.exposeString('version', { nullable: false, description: 'The version of its packages.' }),
      sqlVersion: t.exposeInt('sqlVersion', {
        nullable: false,
        description: "The version of the ledger's SQL that it came with.",
      }),
      startedOn: t.expose('startedOn', {
        type: 'DateTime',
        nullable: false,
        description: 'When its process started, to the second.',
      }),
      database: t.expose('database', {
        type: LedgerDatabaseStatus,
        nullable: false,
        description: 'How the database is.',
      }),
      servers: t.expose('servers', {
        type: [LedgerServerStatus],
        nullable: false,
        description:
          'The processes that have connections to the database at this moment, with the same role. An idle one has none.',
      }),
      postingsWaiting: t.exposeInt('postingsWaiting', {
        nullable: false,
        description: 'The postings that its process has received and not answered.',
      }),
      pool: t.expose('pool', {
        type: LedgerPoolStatus,
        nullable: false,
        description: 'The connections of its process.',
      }),
      batchSize: t.exposeFloat('batchSize', {
        nullable: true,
        description:
          'How many postings one call of the database had in the last minute, on average. Null without a call.',
      }),
      latencyMs: t.expose('latencyMs', {
        type: LedgerLatency,
        nullable: true,
        description: 'How long these calls took. Null without a call.',
      }),
      postingsPerMinute: t.expose('postingsPerMinute', {
        type: [LedgerMinute],
        nullable: false,
        description: 'The last 60 minutes of its process, oldest first.',
      }),
      refusals: t.expose('refusals', {
        type: [LedgerRefusalCount],
        nullable: false,
        description: 'The refusals of its process since its start, most frequent first.',
      }),
      lastVerify: t.expose('lastVerify', {
        type: LedgerVerifyRun,
        nullable: true,
        description: 'The last time that the app was verified. Null for never.',
      }),
    }),
  })

  builder.queryField('ledgerStatus', (t) =>
    t.field({
      type: Status,
      nullable: false,
      description: 'How the server that answers and its database are, for operators.',
      access: { action: 'read', owner: 'any' },
      cost: { weight: pageWeight },
      resolve: () => ledger.status(),
    }),
  )
}
