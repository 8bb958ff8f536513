import type { Outcome, ToldEntry } from './outcome.ts'
import { type App, type Kind, type Posting, postingsOf, type Request } from './requests.ts'
import { increment } from './tally.ts'
import type { Way } from './ways/index.ts'

/** What a client knows about one posting. */
export interface PostingRecord extends Posting {
  readonly app: App
  readonly kind: Kind
  state: 'open' | 'done' | 'refused'
  /** Whether an attempt may still be carried out, or may have been, without an answer that says so. */
  isInDoubt: boolean
  /** Whether an attempt had no final answer. */
  wasUnknown: boolean
  /** Whether an attempt without an answer had been carried out: the next one returned its entries. */
  wasFound: boolean
  /** Whether two attempts run at once. Either may be refused before or after the other is acknowledged. */
  isRaced: boolean
  /** Each entry that a client was told of, once. */
  readonly told: ToldEntry[]
  /** The hold that it made, captured or released. */
  holdId?: string
}

/** A request without a final answer. */
interface OpenRequest {
  readonly app: App
  readonly request: Request
}

/** Where an answer came from, to find what went wrong. */
export interface Source {
  readonly app: App
  readonly request: Request
  readonly way: Way
  /** The server, and the faults at that moment. */
  readonly circumstances: string
}

/** What the clients were told. */
export class Journal {
  readonly #records = new Map<string, PostingRecord>()
  readonly #open = new Map<string, OpenRequest>()
  /** Requests by kind and outcome, and by the reason of an unknown one. */
  readonly counts = new Map<string, number>()
  readonly reasons = new Map<string, number>()
  /** Requests by the way in which they were sent. */
  readonly ways = new Map<string, number>()
  /** Answers that no client may get, and answers that contradict earlier ones. */
  readonly violations: string[] = []
  /** Released holds, as the client was told. */
  readonly released: { readonly app: App; readonly holdId: string }[] = []

  get records(): Iterable<PostingRecord> {
    return this.#records.values()
  }

  /**
   * Returns the requests whose outcome is open, and those whose refusal an earlier unanswered attempt may still change.
   */
  get openRequests(): readonly OpenRequest[] {
    return [...this.#open.values()]
  }

  recordOf(app: App, nonce: string): PostingRecord | undefined {
    return this.#records.get(keyOf(app, nonce))
  }

  /** Called before each attempt. `isRaced`: another attempt runs at the same time. */
  begin(app: App, request: Request, { isRaced = false }: { readonly isRaced?: boolean } = {}): void {
    for (const posting of postingsOf(request)) {
      const key = keyOf(app, posting.nonce)
      const record = this.#records.get(key)
      if (record) record.isRaced = isRaced
      else {
        const { kind } = request
        this.#records.set(key, {
          ...posting,
          app,
          kind,
          state: 'open',
          isInDoubt: false,
          wasUnknown: false,
          wasFound: false,
          isRaced,
          told: [],
        })
      }
    }
    const key = requestKeyOf(app, request)
    if (key !== undefined) this.#open.set(key, { app, request })
  }

  /** Records the answer to an attempt. Returns whether every posting of the request has its final answer. */
  take(source: Source, outcomes: readonly Outcome[]): boolean {
    const { app, request, way } = source
    increment(this.ways, way)
    const postings = postingsOf(request)
    for (const [index, outcome] of outcomes.entries()) {
      increment(this.counts, `${request.kind}\t${labelOf(outcome)}`)
      if (outcome.is === 'unknown') increment(this.reasons, outcome.why)
      if (outcome.is === 'wrong') this.#violate(source, outcome.what)
      const record = this.recordOf(app, postings[index]?.nonce ?? '')
      if (record) this.#tell(record, outcome, source)
    }
    const released = request.kind === 'release' ? outcomes[0] : undefined
    if (released?.is === 'done' && released.hold?.status === 'RELEASED')
      this.released.push({ app, holdId: released.hold.id })

    const isAnswered = outcomes.every(({ is }) => is !== 'unknown')
    const isInDoubt = postings.some(({ nonce }) => {
      const record = this.recordOf(app, nonce)
      return record?.state === 'refused' && record.isInDoubt
    })
    if (isAnswered && !isInDoubt) this.#open.delete(requestKeyOf(app, request) ?? '')
    return isAnswered
  }

  /** Records that both attempts of a race were answered, so that neither can be carried out later. */
  endRace(app: App, request: Request): void {
    for (const { nonce } of postingsOf(request)) {
      const record = this.recordOf(app, nonce)
      if (record) record.isRaced = false
    }
  }

  /**
   * Records that nothing runs any more. A request that was refused while an attempt ran is open again, until it is sent
   * once more.
   */
  settle(): void {
    for (const record of this.#records.values()) {
      if (record.state === 'refused' && record.isInDoubt) record.state = 'open'
      record.isInDoubt = false
    }
  }

  #tell(record: PostingRecord, outcome: Outcome, source: Source): void {
    if (outcome.is === 'unknown') {
      record.isInDoubt = true
      record.wasUnknown = true
    } else if (outcome.is === 'refused') {
      if (record.state !== 'done') record.state = 'refused'
      else if (!record.isRaced) this.#violate(source, `acknowledged, and then refused: ${outcome.code}`)
    } else if (outcome.is === 'done') {
      if (record.state === 'refused' && !record.isInDoubt && !record.isRaced)
        this.#violate(source, 'refused, and then acknowledged')
      if (record.state !== 'done') record.wasFound = record.wasUnknown && outcome.isReplay
      record.state = 'done'
      for (const entry of outcome.entries) this.#tellEntry(record, entry, source)
      const holdId = outcome.hold?.id
      if (holdId !== undefined && record.holdId !== undefined && holdId !== record.holdId)
        this.#violate(source, `hold ${record.holdId} is now hold ${holdId}`)
      if (holdId !== undefined) record.holdId = holdId
    }
  }

  #tellEntry(record: PostingRecord, entry: ToldEntry, source: Source): void {
    const before = record.told.find(({ id }) => id === entry.id)
    if (before === undefined) record.told.push(entry)
    else if (textOf(before) !== textOf(entry))
      this.#violate(source, `the answer has changed from ${textOf(before)} to ${textOf(entry)}`)
  }

  #violate({ app, request, way, circumstances }: Source, what: string): void {
    this.violations.push(`${app} ${JSON.stringify(request)} by ${way} ${circumstances}: ${what}`)
  }
}

export function keyOf(app: App, nonce: string): string {
  return `${app}\t${nonce}`
}

/** Returns what identifies a request: its first nonce, or the hold of a release. Agreeing a project posts nothing. */
function requestKeyOf(app: App, request: Request): string | undefined {
  if (request.kind === 'release') return keyOf(app, `release ${request.holdId}`)
  const [first] = postingsOf(request)
  return first && keyOf(app, first.nonce)
}

function labelOf(outcome: Outcome): string {
  switch (outcome.is) {
    case 'done':
      return outcome.isReplay ? 'replayed' : 'done'
    case 'refused':
      return outcome.code
    case 'unknown':
    case 'wrong':
      return outcome.is
  }
}

/** Returns an entry as a text with a fixed order. */
export function textOf(entry: ToldEntry): string {
  const { id, owner, operation, amount, balanceAfter, nonce, transactionId, createdOn } = entry
  return JSON.stringify({ id, owner, operation, amount, balanceAfter, nonce, transactionId, createdOn })
}
