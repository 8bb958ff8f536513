import type { Journal, PostingRecord } from '../journal.ts'
import type { ToldEntry } from '../outcome.ts'
import { type App, apps, type Line } from '../requests.ts'
import type { AccountRow, AppRow, EntryRow, HoldRow } from './rows.ts'

/** What the database has of one posting. */
interface Written {
  /** Which of the requested lines exist. */
  readonly lines: boolean[]
  readonly transactionIds: Set<string>
  /** How many of the entries that a client was told of exist in the same form. */
  told: number
  firstId: string
}

interface Balance {
  balance: number
  seq: number
}

/**
 * Compares what clients were told with the database. It receives every row, the entries in the order of their accounts
 * and seqs, and reports at the end what is wrong.
 */
export class Audit {
  readonly #journal: Journal
  readonly #written = new Map<PostingRecord, Written>()
  readonly #holds = new Map<string, HoldRow>()
  readonly #heldBy = new Map<PostingRecord, HoldRow>()
  readonly #appRows = new Map<PostingRecord, AppRow>()
  readonly #balances = new Map<string, Balance>()
  readonly #expired = new Map<PostingRecord, number>()
  readonly #violations: string[] = []
  entries = 0

  constructor(journal: Journal) {
    this.#journal = journal
  }

  entry(row: EntryRow): void {
    this.entries += 1
    this.#follow(row)
    if (row.expired_from !== null) {
      this.#judgeExpiry(row, row.expired_from)
      return
    }
    const record = this.#recordOf(row)
    if (record === undefined) {
      this.#violate('not asked for', `entry ${JSON.stringify(row)}`)
      return
    }
    const written = this.#writtenOf(record)
    const asked = record.lines.findIndex((line, at) => !written.lines[at] && isLine(line, row))
    if (asked >= 0) written.lines[asked] = true
    else {
      const what = record.lines.some((line) => isLine(line, row)) ? 'doubled' : 'not asked for'
      this.#violate(what, `entry ${JSON.stringify(row)} of ${describe(record)}`)
    }
    written.transactionIds.add(row.transaction_id)
    written.firstId ||= row.id
    const told = record.told.find(({ id }) => id === row.id)
    if (told === undefined) return
    written.told += 1
    if (!isTold(told, row))
      this.#violate(
        'changed',
        `the client was told ${JSON.stringify(told)}, and the ledger has ${JSON.stringify(row)}`,
      )
  }

  /** Nobody asks for an expiry: it has the credits of a posting that gave them until then, each of them once. */
  #judgeExpiry(row: EntryRow, nonce: string): void {
    const given = this.#recordOf({ ...row, nonce })
    if (given?.expiresOn === undefined) {
      this.#violate('not asked for', `entry ${JSON.stringify(row)}`)
      return
    }
    const expired = (this.#expired.get(given) ?? 0) - Number(row.amount)
    this.#expired.set(given, expired)
    const amount = given.lines.reduce((sum, line) => sum + line.amount, 0)
    if (expired > amount) this.#violate('doubled', `entry ${JSON.stringify(row)} of ${describe(given)}`)
    if (row.created_on < given.expiresOn)
      this.#violate(
        'lost',
        `entry ${JSON.stringify(row)} comes before ${given.expiresOn}: ${describe(given)}`,
      )
  }

  hold(row: HoldRow): void {
    this.#holds.set(`${row.app}\t${row.id}`, row)
    const record = this.#recordOf(row)
    const asked = record?.hold
    if (record === undefined || asked === undefined) {
      this.#violate('not asked for', `hold ${JSON.stringify(row)}`)
      return
    }
    if (this.#heldBy.has(record)) this.#violate('doubled', `hold ${JSON.stringify(row)}`)
    this.#heldBy.set(record, row)
    const { owner, operation, amount } = asked
    if (owner !== row.owner_id || operation !== row.operation || -amount !== Number(row.amount))
      this.#violate('changed', `${describe(record)} is ${JSON.stringify(row)}`)
    if (record.state === 'done' && record.holdId !== row.id)
      this.#violate(
        'changed',
        `${describe(record)}, told as hold ${record.holdId}, is ${JSON.stringify(row)}`,
      )
  }

  account({ book, owner_id, balance, overdraft, held, seq }: AccountRow): void {
    const available = Number(balance) - Number(held) + Number(overdraft)
    if (available < 0 || Number(overdraft) !== 0)
      this.#violate('below the floor', `${book} ${owner_id} has ${available} available`)
    const { balance: sum, seq: count } = this.#balances.get(`${book}\t${owner_id}`) ?? { balance: 0, seq: 0 }
    if (Number(balance) !== sum || Number(seq) !== count)
      this.#violate(
        'changed',
        `${book} ${owner_id} has ${balance} after ${seq} entries; they add up to ${sum} after ${count}`,
      )
  }

  appRow(row: AppRow): void {
    const record = this.#journal.recordOf(row.app, row.nonce)
    if (record === undefined) {
      // A project whose answer was lost: the client agrees it again, and this one is never paid.
      if (row.posted !== null) this.#violate('not asked for', `row ${JSON.stringify(row)}`)
      return
    }
    if (row.posted === null) return
    if (this.#appRows.has(record)) this.#violate('doubled', `row ${JSON.stringify(row)}`)
    this.#appRows.set(record, row)
  }

  /** Returns everything that is wrong, after all rows were received. */
  finish(): readonly string[] {
    for (const record of this.#journal.records) this.#judge(record)
    for (const { app, holdId } of this.#journal.released) {
      const row = this.#holds.get(`${app}\t${holdId}`)
      if (!row?.is_released || row.captured_by !== null)
        this.#violate('lost', `the release of hold ${holdId} of ${app}, which is ${JSON.stringify(row)}`)
    }
    return this.#violations
  }

  #judge(record: PostingRecord): void {
    const written = this.#written.get(record)
    const hold = this.#heldBy.get(record)
    const row = this.#appRows.get(record)
    if (record.state === 'open') this.#violate('unresolved', describe(record))
    else if (record.state === 'refused') {
      if (written || hold || row) this.#violate('refused, and written', describe(record))
    } else if (record.hold) {
      if (hold === undefined) this.#violate('lost', describe(record))
    } else if (written === undefined || written.lines.filter(Boolean).length < record.lines.length) {
      this.#violate('lost', describe(record))
    } else this.#judgeWritten(record, written)
  }

  #judgeWritten(record: PostingRecord, written: Written): void {
    if (record.told.length === 0) this.#violate('lost', `${describe(record)}, acknowledged without an entry`)
    if (written.told < record.told.length)
      this.#violate('lost', `an entry that the client was told of: ${describe(record)}`)
    if (written.transactionIds.size > 1)
      this.#violate('doubled', `${describe(record)} has several transactions`)
    this.#judgeBeside(record, written)
  }

  /** Checks what was to be written together with the entries. */
  #judgeBeside(record: PostingRecord, { transactionIds, firstId }: Written): void {
    const { kind, app, holdId } = record
    const row = this.#appRows.get(record)
    if (kind === 'content' && row?.posted !== firstId)
      this.#violate('lost', `the content of ${describe(record)}`)
    if (kind === 'payment' && !transactionIds.has(row?.posted ?? ''))
      this.#violate('lost', `the project of ${describe(record)}`)
    if (kind === 'capture' && holdId !== undefined) {
      const hold = this.#holds.get(`${app}\t${holdId}`)
      if (hold?.captured_by !== firstId) this.#violate('lost', `the hold of ${describe(record)}`)
    }
  }

  /** Follows the account of an entry: each balance results from the one before, and none is below 0. */
  #follow({ app, owner_id, seq, amount, balance_after, id }: EntryRow): void {
    const key = `${app}\t${owner_id}`
    const before = this.#balances.get(key) ?? { balance: 0, seq: 0 }
    const balance = before.balance + Number(amount)
    if (balance !== Number(balance_after) || before.seq + 1 !== Number(seq))
      this.#violate('changed', `entry ${id} of ${app} ${owner_id} does not follow the one before`)
    if (Number(balance_after) < 0)
      this.#violate('below the floor', `entry ${id} of ${app} ${owner_id} leaves ${balance_after}`)
    this.#balances.set(key, { balance: Number(balance_after), seq: Number(seq) })
  }

  #writtenOf(record: PostingRecord): Written {
    const known = this.#written.get(record)
    if (known) return known
    const written: Written = { lines: [], transactionIds: new Set(), told: 0, firstId: '' }
    this.#written.set(record, written)
    return written
  }

  #recordOf({ app, nonce }: { readonly app: string; readonly nonce: string }): PostingRecord | undefined {
    return isApp(app) ? this.#journal.recordOf(app, nonce) : undefined
  }

  #violate(what: string, which: string): void {
    this.#violations.push(`${what}: ${which}`)
  }
}

function isApp(name: string): name is App {
  return apps.some((app) => app === name)
}

function isLine({ owner, operation, amount }: Line, row: EntryRow): boolean {
  return owner === row.owner_id && operation === row.operation && amount === Number(row.amount)
}

function isTold(told: ToldEntry, row: EntryRow): boolean {
  return (
    told.owner === row.owner_id &&
    told.operation === row.operation &&
    told.amount === Number(row.amount) &&
    told.balanceAfter === Number(row.balance_after) &&
    told.nonce === row.nonce &&
    told.transactionId === row.transaction_id &&
    told.createdOn === row.created_on
  )
}

function describe({ app, kind, nonce, lines, hold }: PostingRecord): string {
  return `${app} ${kind} ${JSON.stringify(nonce)} of ${JSON.stringify(hold ?? lines)}`
}
