import pg from 'pg'

/** What one client knows about a content that it publishes. */
interface Publication {
  readonly ownerId: string
  readonly nonce: string
  /** What the server acknowledged. Undefined when nothing yet. */
  content?: { readonly id: number; readonly entryId: number }
}

/** What the clients saw, for a trial to judge. */
export interface Journal {
  /** The beginning of the nonces of its publications. */
  readonly trial: string
  readonly publications: readonly Publication[]
  /** How many requests were answered, by status. */
  readonly statuses: ReadonlyMap<number, number>
  /** Answers that no client may get, and requests without an answer. */
  readonly faults: readonly string[]
  /** The longest time that a request took. */
  readonly slowestMs: number
}

const owners = ['ada', 'bob', 'eve', 'joe']

/** Longer than any time limit. An answer that takes this long is not coming. */
const hungMs = 60_000

export type Publishing = Awaited<ReturnType<typeof startPublishing>>

let trials = 0

/** Starts clients that publish contents one after the other until they are told to stop. They record every answer. */
export async function startPublishing(url: string, clients = 8) {
  const trial = `trial ${++trials},`
  const publications: Publication[] = []
  const statuses = new Map<number, number>()
  const faults: string[] = []
  let slowestMs = 0
  let isStopping = false

  const send = async (path: string, body: object) => {
    const started = performance.now()
    try {
      const response = await fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(hungMs),
      })
      const answer = await response.json()
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
      return { status: response.status, answer }
    } finally {
      slowestMs = Math.max(slowestMs, performance.now() - started)
    }
  }

  /** Sends a publication once. Returns whether it was acknowledged. */
  const publish = async (publication: Publication): Promise<boolean> => {
    const { ownerId, nonce } = publication
    try {
      const { status, answer } = await send('/content', {
        owner_id: ownerId,
        title: nonce,
        body: nonce,
        nonce,
      })
      if (status === 201) {
        publication.content = { id: answer.content.id, entryId: answer.entry.id }
        return true
      }
      const isRetryable = ['DATABASE_UNAVAILABLE', 'TRANSACTION_CONFLICT', 'ACCOUNT_BUSY', 'OVERLOADED']
      if (status !== 503 || !isRetryable.includes(answer.code))
        faults.push(`${nonce}: ${JSON.stringify(answer)}`)
    } catch (error) {
      faults.push(`${nonce}: ${error instanceof Error ? `${error.message} ${error.cause}` : error}`)
    }
    return false
  }

  const work = async (client: number) => {
    for (let count = 1; !isStopping; count++) {
      const ownerId = owners[(client + count) % owners.length] ?? ''
      const publication = { ownerId, nonce: `${trial} client ${client}: ${count}` }
      publications.push(publication)
      while (!(await publish(publication)) && !isStopping && faults.length === 0);
      if (faults.length > 0) return
    }
  }

  for (const ownerId of owners) {
    const body = { owner_id: ownerId, operation: 'CREDIT_ADD', amount: 1_000_000_000, nonce: 'credits' }
    const { status, answer } = await send('/ledger', body)
    if (status !== 200 && status !== 409) throw new Error(JSON.stringify(answer))
  }
  const working = Promise.all(Array.from({ length: clients }, (_, client) => work(client)))

  return {
    faults,
    statuses,
    /** How many contents were acknowledged so far. */
    acknowledged: () => publications.filter(({ content }) => content).length,
    /** Stops the clients. Publications in doubt are sent again until they are acknowledged, as a client does. */
    async stop(): Promise<Journal> {
      isStopping = true
      await working
      for (const publication of publications) {
        while (!publication.content && faults.length === 0) await publish(publication)
      }
      return { trial, publications, statuses, faults, slowestMs }
    },
  }
}

/** Returns what in the database contradicts the journal: contents that are lost, doubled, or that nobody asked for. */
export async function contradictions(
  databaseUrl: string,
  { trial, publications }: Journal,
): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const { rows } = await client.query<{ nonce: string; owner_id: string; id: number; entry_id: string }>(
    `SELECT entries.nonce, contents.owner_id, contents.id, contents.entry_id
       FROM content.contents
       FULL JOIN (SELECT * FROM ledger.entries WHERE app = 'content') AS entries ON entries.id = contents.entry_id
      WHERE (entries.operation = 'CONTENT_CREATION' OR entries.operation IS NULL)
        AND coalesce(entries.nonce, contents.title) LIKE $1 || '%'`,
    [trial],
  )
  await client.end()
  const written = rows.map(({ nonce, owner_id, id, entry_id }) => `${owner_id}, ${nonce}: ${id}, ${entry_id}`)
  const told = publications.map(
    ({ ownerId, nonce, content }) => `${ownerId}, ${nonce}: ${content?.id}, ${content?.entryId}`,
  )
  const toldOnce = new Set(told)
  const writtenOnce = new Set(written)
  return [
    ...told.filter((line) => !writtenOnce.has(line)).map((line) => `lost: ${line}`),
    ...written.filter((line) => !toldOnce.has(line)).map((line) => `not asked for: ${line}`),
    ...(writtenOnce.size < written.length ? ['a content is there twice'] : []),
  ]
}
