import { getIntrospectionQuery } from 'graphql'
import { amount, operation } from '../posting.ts'
import { type Flood, flood } from './flood.ts'
import { createTemplate, graphqlRequest, headOf, noncePlace, requestOf } from './template.ts'

/** What a hostile input needs to know about the server. */
export interface Target {
  readonly url: string
  /** The id of a transaction with 100 entries. */
  readonly transactionId: string
  /** An owner with credits who gets many entries. */
  readonly ownerId: string
}

/** Something that a client sends to make a server useless to others. */
export interface HostileInput {
  readonly name: string
  readonly what: string
  send(target: Target): void
}

const input = (ownerId: string) => ({ ownerId, operation, amount, nonce: noncePlace })
const posting = (ownerId: string) =>
  graphqlRequest(
    'mutation Post($input: PostLedgerEntryInput!) { postLedgerEntry(input: $input) { __typename } }',
    {
      input: input(ownerId),
    },
  )
const batch = (ownerId: string, entries: number) =>
  graphqlRequest(
    'mutation Batch($inputs: [PostLedgerEntryInput!]!) { postLedgerEntries(inputs: $inputs) { __typename } }',
    { inputs: Array.from({ length: entries }, () => input(ownerId)) },
  )

/** Sends a request over several connections, each of which waits for its answer. */
function repeated(
  name: string,
  what: string,
  request: (target: Target) => string,
  options: Partial<Omit<Flood, 'bytes'>> = {},
): HostileInput {
  return {
    name,
    what,
    send(target) {
      const bytes = createTemplate(request(target))
      flood(target.url, { connections: 1, answers: 1, ...options, bytes })
    },
  }
}

/** Keeps a processor busy until the process ends. */
function compute(): void {
  const until = performance.now() + 10
  while (performance.now() < until);
  setImmediate(compute) // lets the process hear that it shall end
}

const aliases = (count: number, field: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => `a${index}: ${field(index)}`).join(' ')

/** Valid documents. They are hostile only because of their cost. */
export const documents = {
  aliases: `{${aliases(16, () => 'ledgerSummary(from: "2020-01-01T00:00:00Z", to: "2030-01-01T00:00:00Z", per: MONTH) { gross }')}}`,
  subscription:
    'subscription Live($ownerId: String!) { ledgerEntryPosted(ownerId: $ownerId) { cursor entry { id } } }',
} as const

/** The hostile inputs. The first two are harmless: they show what any neighbour costs on the same machine. */
export const hostileInputs: readonly HostileInput[] = [
  {
    name: 'busy processor',
    what: 'a process that computes and sends nothing, for comparison',
    send: compute,
  },
  repeated('usual clients', '16 that post, for comparison', ({ ownerId }) => posting(ownerId), {
    connections: 16,
  }),
  repeated('many clients', '512 that post, all with one key', ({ ownerId }) => posting(ownerId), {
    connections: 512,
  }),
  repeated(
    'costly query',
    'entries of the transaction of entries of the transaction of 100 entries, 4 connections',
    ({ transactionId }) =>
      graphqlRequest(
        `{ledgerTransaction(id: "${transactionId}"){entries{transaction{entries{transaction{entries{id}}}}}}}`,
      ),
    { connections: 4 },
  ),
  repeated(
    'aliases',
    'ledgerSummary of ten years by as many aliases as a document may have, 4 connections',
    () => graphqlRequest(documents.aliases),
    { connections: 4 },
  ),
  repeated(
    'mistakes',
    '150 fields that the graph has not, 4 connections',
    () => graphqlRequest(`{${aliases(150, (index) => `balance(ownerId: "a") { nothing${index} }`)}}`),
    { connections: 4 },
  ),
  repeated(
    '300 mutations',
    'one document, 4 connections',
    ({ ownerId }) =>
      graphqlRequest(
        `mutation {${aliases(300, (index) => `postLedgerEntry(input: {ownerId: "${ownerId}", operation: ${operation}, amount: ${amount}, nonce: "${noncePlace}${index}"}) {__typename}`)}}`,
      ),
    { connections: 4 },
  ),
  repeated(
    'deep variables',
    'nested 1,000,000 deep, 4 connections',
    () =>
      requestOf(
        'POST',
        '/graphql',
        `{"query":"query($x: Boolean) {__typename}","variables":{"x":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}}`,
      ),
    { connections: 4 },
  ),
  repeated(
    'fragments',
    '400 of them, each document a new one, 4 connections',
    () => {
      const fragments = Array.from(
        { length: 400 },
        (_, index) => `fragment F${index} on Query {...F${(index + 1) % 400} __typename}`,
      )
      return graphqlRequest(`#${noncePlace}\n{...F0} ${fragments.join(' ')}`)
    },
    { connections: 4 },
  ),
  repeated(
    'blanks',
    '2 MB of them in a body, 4 connections',
    () => requestOf('POST', '/graphql', ' '.repeat(2_000_000)),
    {
      connections: 4,
    },
  ),
  repeated(
    'introspection',
    'of the whole graph, 16 connections',
    () => graphqlRequest(getIntrospectionQuery()),
    {
      connections: 16,
    },
  ),
  repeated('batches of 1,000', 'sixteen at once', ({ ownerId }) => batch(ownerId, 1000), { connections: 16 }),
  repeated('batches of 100', 'just not large, 64 at once', ({ ownerId }) => batch(ownerId, 100), {
    connections: 64,
  }),
  {
    name: 'pipelines',
    what: '1,000 clients that each send 20 postings at once',
    send({ url, ownerId }) {
      const bytes = createTemplate(posting(ownerId).repeat(20))
      flood(url, { connections: 1000, answers: 20, bytes })
    },
  },
  {
    name: 'pipelines, few',
    what: '16 clients that each send 8 postings at once',
    send({ url, ownerId }) {
      const bytes = createTemplate(posting(ownerId).repeat(8))
      flood(url, { connections: 16, answers: 8, bytes })
    },
  },
  {
    name: 'subscriptions',
    what: '2,000 that one key opens to one owner, to whom 4 clients post',
    send({ url, ownerId }) {
      const query = encodeURIComponent(documents.subscription)
      const variables = encodeURIComponent(JSON.stringify({ ownerId }))
      const subscribe = createTemplate(
        `${headOf('GET', `/graphql?query=${query}&variables=${variables}`)}Accept: text/event-stream\r\n\r\n`,
      )
      flood(url, { connections: 2000, answers: 0, bytes: subscribe, pauseMs: 1000 })
      flood(url, { connections: 4, answers: 1, bytes: createTemplate(posting(ownerId)) })
    },
  },
  {
    name: 'idle connections',
    what: '2,000 that send nothing',
    send({ url }) {
      flood(url, { connections: 2000, answers: 0, bytes: () => Buffer.alloc(0) })
    },
  },
  {
    name: 'slowloris',
    what: '2,000 clients that send a byte of their headers each second',
    send({ url }) {
      const bytes = Buffer.from(`${headOf('GET', '/livez')}A: `)
      flood(url, { connections: 2000, answers: 0, bytes: () => bytes, dripMs: 1000 })
    },
  },
  {
    name: 'answers not read',
    what: '64 clients that ask for the whole graph 8 times, and read nothing',
    send({ url }) {
      const bytes = Buffer.from(graphqlRequest(getIntrospectionQuery()).repeat(8))
      flood(url, { connections: 64, answers: 0, bytes: () => bytes, isDeaf: true })
    },
  },
  {
    name: 'slow bodies',
    what: '1,000 clients that send half of a body',
    send({ url, ownerId }) {
      const bytes = createTemplate(posting(ownerId).slice(0, -50))
      flood(url, { connections: 1000, answers: 1, bytes })
    },
  },
  {
    name: 'slow headers',
    what: '1,000 clients that send half of a head',
    send({ url }) {
      flood(url, {
        connections: 1000,
        answers: 1,
        bytes: () => Buffer.from(headOf('GET', '/health').slice(0, -10)),
      })
    },
  },
  {
    name: 'large headers',
    what: '16 KB of them, 16 connections',
    send({ url }) {
      const head = `${headOf('GET', '/ledger/x')}${'a: b\r\n'.repeat(2400)}\r\n`
      flood(url, { connections: 16, answers: 1, bytes: () => Buffer.from(head) })
    },
  },
  {
    name: 'aborted uploads',
    what: '32 clients that leave after 1 of 2 MB',
    send({ url }) {
      const body = Buffer.from(requestOf('POST', '/ledger/batch', ' '.repeat(2_000_000))).subarray(
        0,
        1_000_000,
      )
      flood(url, { connections: 32, answers: 0, bytes: () => body, leaveMs: 30 })
    },
  },
  {
    name: 'clients that leave',
    what: '64 that post, and are gone before their answer',
    send({ url, ownerId }) {
      flood(url, { connections: 64, answers: 0, bytes: createTemplate(posting(ownerId)), leaveMs: 1 })
    },
  },
  {
    name: 'health',
    what: '16 clients that ask for it 8 times at once',
    send({ url }) {
      const bytes = Buffer.from(requestOf('GET', '/health').repeat(8))
      flood(url, { connections: 16, answers: 8, bytes: () => bytes })
    },
  },
  {
    name: 'other hosts',
    what: 'Host: evil.example, 16 connections',
    send({ url }) {
      const bytes = Buffer.from(requestOf('GET', '/health').replace('localhost', 'evil.example'))
      flood(url, { connections: 16, answers: 1, bytes: () => bytes })
    },
  },
]
