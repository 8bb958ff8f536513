// Carries requests out on a real ledger, and describes the outcomes in the model's terms.
import type pg from 'pg'
import {
  createLedger,
  type InsufficientBalanceError,
  type LedgerBalance,
  type LedgerEntry,
  LedgerError,
  type LedgerHold,
  type LedgerResult,
  NotFoundError,
  type Refusal,
} from '../../src/index.ts'
import { correctionDrafts } from '../../src/posting/corrections.ts'
import { accountRequest, type Draft, draftRequest } from '../../src/posting/draft.ts'
import { exchangeDrafts } from '../../src/posting/exchange.ts'
import { holdDrafts } from '../../src/posting/holds.ts'
import type { Settled } from '../../src/posting/outcome.ts'
import { overdraftRequests } from '../../src/posting/overdraft.ts'
import { entryDrafts } from '../../src/posting/post-entry.ts'
import { transactionDrafts } from '../../src/posting/transaction.ts'
import { transferDrafts } from '../../src/posting/transfer.ts'
import { voidDrafts } from '../../src/posting/void.ts'
import { compareAccounts } from './audit.ts'
import { Ids } from './ids.ts'
import type { HoldAnswer, LotPlace, ModelBalance, ModelEntry, Place } from './model.ts'
import { type Book, booksOfApp, type Operation, operationsOf } from './operations.ts'
import type { Answered, AuditedAccount, Command, LotAnswer } from './play.ts'
import { openPoster } from './poster.ts'

const noEntry = '999999999999'
const noTransaction = '00000000-0000-7000-8000-000000000000'

type Batch = readonly Command[]

/** One app on one process's connections. */
export class Stage {
  readonly #app: string
  readonly #books: Readonly<Record<Book, string>>
  readonly #operations
  readonly #ledger
  readonly #poster
  readonly #pool: pg.Pool
  readonly #entries = new Ids(noEntry)
  readonly #transactions = new Ids(noTransaction)
  readonly #holds = new Ids(noEntry)

  constructor(app: string, pool: pg.Pool) {
    this.#app = app
    this.#pool = pool
    this.#books = booksOfApp(app)
    this.#operations = operationsOf(app)
    this.#ledger = createLedger({ app, operations: this.#operations, pool })
    this.#poster = openPoster(app, pool)
  }

  async close(): Promise<void> {
    await this.#ledger.close()
    await this.#poster.close()
  }

  /** Sends one request with its own command. */
  async one(command: Command, dryRun: boolean): Promise<Answered> {
    const ledger = this.#ledger
    switch (command.do) {
      case 'postEntry':
        return this.#settled(await ledger.postEntry({ ...withDate(command), dryRun }), (posted) =>
          this.#posted([posted.entry], [posted.balance]),
        )
      case 'postTransaction':
        return this.#settled(await ledger.postTransaction({ ...withDates(command), dryRun }), (posted) =>
          this.#posted(posted.transaction.entries, posted.balances),
        )
      case 'transfer':
        return this.#settled(await ledger.transfer({ ...command, dryRun }), (posted) =>
          this.#posted(posted.transaction.entries, posted.balances),
        )
      case 'exchange':
        return this.#settled(
          await ledger.exchange({ ...command, operation: 'GEMS_PAID', dryRun }),
          (posted) => this.#posted(posted.transaction.entries, posted.balances),
        )
      case 'reverse': {
        const id = await this.#correctedId(command)
        return this.#settled(await ledger.reverseTransaction({ ...command, id, dryRun }), (posted) =>
          this.#posted(posted.transaction.entries, posted.balances),
        )
      }
      case 'refund': {
        const id = await this.#correctedId(command)
        return this.#settled(await ledger.refundEntry({ ...command, id, dryRun }), (posted) =>
          this.#posted([posted.entry], [posted.balance]),
        )
      }
      case 'void': {
        const id = await this.#lotId(command.lot)
        return this.#settled(await ledger.voidLot({ ...command, id, dryRun }), (posted) =>
          this.#posted([posted.entry], [posted.balance]),
        )
      }
      case 'hold':
        return this.#settled(
          await ledger.holdCredits({ ...withDate(command), expiresIn: command.seconds, dryRun }),
          ({ hold, balance }) => ({
            code: 'HELD',
            hold: this.#newHold(hold),
            balance: this.#balance(balance),
          }),
        )
      case 'capture': {
        const id = this.#holds.realOf(command.id)
        const input = { ...command, id, keepRest: command.keeps, dryRun }
        return this.#settled(await ledger.captureHold(input), (captured) => ({
          ...this.#posted([captured.entry], [captured.balance]),
          hold: this.#hold(captured.hold),
        }))
      }
      case 'prolong': {
        const input = { id: this.#holds.realOf(command.id), expiresOn: new Date(command.until) }
        return this.#settled(await ledger.prolongHold(input), ({ hold, balance }) => ({
          code: 'PROLONGED',
          hold: this.#hold(hold),
          balance: this.#balance(balance),
        }))
      }
      case 'release':
        return this.#settled(
          await ledger.releaseHold(this.#holds.realOf(command.id)),
          ({ hold, balance }) => ({
            code: 'RELEASED',
            hold: this.#hold(hold),
            balance: this.#balance(balance),
          }),
        )
      case 'setOverdraft':
        return this.#settled(await ledger.setOverdraft(this.#inBook(command)), ({ balance }) => ({
          code: 'OVERDRAFT_SET',
          balance: this.#balance(balance),
        }))
      case 'balance': {
        const balance = await ledger.balance(command.ownerId, this.#inBook(command))
        return { code: 'READ', value: this.#balance(balance) }
      }
      case 'balanceAt': {
        const { ownerId, moment } = command
        const { amount } = await ledger.balanceAt(ownerId, new Date(moment), this.#inBook(command))
        return { code: 'READ', value: amount }
      }
      case 'liveHolds': {
        const holds = await ledger.holds(command.ownerId, this.#inBook(command))
        return { code: 'READ', value: holds.map((hold) => this.#hold(hold)) }
      }
      case 'liveLots': {
        const lots = await ledger.liveLots(command.ownerId, this.#inBook(command))
        const value = lots.map(
          ({ amount, rest, held, priority, kind, expiresOn }): LotAnswer => ({
            ...{ amount, rest, held, priority, kind },
            expiresOn: expiresOn?.getTime() ?? null,
          }),
        )
        return { code: 'READ', value }
      }
      case 'holdAnswer': {
        const hold = await ledger.hold(this.#holds.realOf(command.id))
        return { code: 'READ', value: hold && this.#hold(hold) }
      }
    }
  }

  /** Sends many requests in one call: by postEntries if all are entries, otherwise as ledger.post takes them. */
  async batch(commands: Batch, dryRun: boolean): Promise<readonly Answered[]> {
    const entries = commands.flatMap((command) => (command.do === 'postEntry' ? [command] : []))
    if (entries.length === commands.length) {
      const results = await this.#ledger.postEntries(entries.map(withDate), { dryRun })
      return results.map((result) =>
        this.#settled(result, (posted) => this.#posted([posted.entry], [posted.balance])),
      )
    }
    const drafts = await Promise.all(commands.map((command) => this.draft(command)))
    const good = drafts.flatMap((draft) => (draft instanceof LedgerError ? [] : [draft]))
    const settled = [...(good.length > 0 ? await this.#poster.post(good, { dryRun }) : [])]
    return drafts.map((draft, index) =>
      this.answered(draft instanceof LedgerError ? draft : settled.shift(), commands[index]?.do),
    )
  }

  /** Compares everything that the database has of accounts with what the model knows. */
  async compare(accounts: readonly AuditedAccount[]): Promise<void> {
    await compareAccounts(this.#pool, accounts, {
      bookOf: ({ book }) => this.#books[book],
      balanceAt: async (account, moment) =>
        (await this.#ledger.balanceAt(account.ownerId, new Date(moment), this.#inBook(account))).amount,
    })
  }

  /** Returns the draft of a posting, or why there is none. */
  async draft(command: Command): Promise<Draft | LedgerError> {
    const request = await this.#request(command)
    return request instanceof LedgerError ? request : request.draft
  }

  async #request(command: Command): Promise<{ readonly draft: Draft } | LedgerError> {
    const { sql, find } = this.#poster
    switch (command.do) {
      case 'postEntry':
        return entryDrafts(this.#app, this.#operations)(withDate(command))
      case 'postTransaction':
        return transactionDrafts(this.#app, this.#operations)(withDates(command))
      case 'transfer':
        return transferDrafts(this.#operations, transactionDrafts(this.#app, this.#operations))(command)
      case 'exchange':
        return exchangeDrafts(this.#app, this.#operations)({ ...command, operation: 'GEMS_PAID' })
      case 'reverse': {
        const id = await this.#correctedId(command)
        return correctionDrafts(this.#operations, find).reversal({ ...command, id }, sql)
      }
      case 'refund': {
        const id = await this.#correctedId(command)
        return correctionDrafts(this.#operations, find).refund({ ...command, id }, sql)
      }
      case 'void':
        return voidDrafts(this.#operations, find)({ ...command, id: await this.#lotId(command.lot) }, sql)
      case 'hold':
        return holdDrafts(this.#app, this.#operations)({ ...withDate(command), expiresIn: command.seconds })
      case 'capture':
        return { draft: await this.#captureDraft(command) }
      case 'prolong':
      case 'release': {
        const id = this.#holds.realOf(command.id)
        const hold = await find.holdById(sql, id)
        if (!hold) return new NotFoundError('HOLD_NOT_FOUND', id)
        const { ownerId, book } = hold
        const line = { ownerId, book, operation: null, amount: null, requested: null }
        const { do: what } = command
        return accountRequest(
          what === 'release' ? { ...line, releases: id } : { ...line, prolongs: id, until: command.until },
        )
      }
      case 'setOverdraft':
        return overdraftRequests([this.#app, this.#books.gems])(this.#inBook(command))
      default:
        throw new Error(`${command.do} writes nothing`)
    }
  }

  /** Returns the id of the entry or the transaction that a command corrects. Expiries are found by their seqs. */
  async #correctedId({ do: what, id, expiry }: Command & { do: 'reverse' | 'refund' }): Promise<string> {
    if (!expiry) return what === 'reverse' ? this.#transactions.realOf(id) : this.#entries.realOf(id)
    const { ownerId, book, seq } = expiry
    const { rows } = await this.#pool.query<{ id: string; transaction_id: string }>(
      'SELECT id, transaction_id FROM ledger.entries WHERE app = $1 AND book = $2 AND owner_id = $3 AND seq = $4',
      [this.#app, this.#books[book], ownerId, seq],
    )
    return (what === 'reverse' ? rows[0]?.transaction_id : rows[0]?.id) ?? 'none'
  }

  async #lotId(lot: LotPlace | null): Promise<string> {
    if (!lot) return noEntry
    const { rows } = await this.#pool.query<{ id: string }>(
      'SELECT id FROM ledger.lots WHERE book = $1 AND owner_id = $2 ORDER BY seq, id OFFSET $3 LIMIT 1',
      [this.#books[lot.book], lot.ownerId, lot.number - 1],
    )
    return rows[0]?.id ?? noEntry
  }

  async #captureDraft({ id, amount, keeps, nonce, metadata }: Command & { do: 'capture' }): Promise<Draft> {
    const { sql, find } = this.#poster
    const hold = await find.holdById(sql, this.#holds.realOf(id))
    // ledger.post itself reports that the hold does not exist, for any owner and operation.
    const unknown = { ownerId: 'nobody', book: this.#app, operation: 'FEE', amount: 1 }
    const { ownerId, book, operation, amount: held } = hold ?? unknown
    const requested = amount === null ? null : -amount
    const captures = this.#holds.realOf(id)
    const line = { ownerId, book, operation, amount: requested ?? -held, requested, captures, keeps }
    return draftRequest({ nonce, metadata, lines: [line], problems: [], dryRun: false }).draft
  }

  /** Describes the outcome of a draft in the model's terms. New ids are numbered in the order of these calls. */
  answered(settled: Settled<Operation> | LedgerError | undefined, request?: Command['do']): Answered {
    if (!settled) throw new Error('a draft was not settled')
    if (settled instanceof LedgerError) return this.#refused(settled)
    if ('entries' in settled) return this.#posted(settled.entries, settled.balances)
    const { hold, balance } = settled
    if (!hold) return { code: 'OVERDRAFT_SET', balance: this.#balance(balance) }
    if (request === 'hold')
      return { code: 'HELD', hold: this.#newHold(hold), balance: this.#balance(balance) }
    const code = request === 'prolong' ? 'PROLONGED' : 'RELEASED'
    return { code, hold: this.#hold(hold), balance: this.#balance(balance) }
  }

  #settled<Posted>(result: LedgerResult<Posted>, answer: (posted: Posted) => Answered): Answered {
    return result.ok ? answer(result) : this.#refused(result.error)
  }

  #posted(entries: readonly LedgerEntry[], balances: readonly LedgerBalance[]) {
    for (const { id, transactionId } of entries) {
      if (id !== '0') this.#transactions.add(transactionId)
      this.#entries.add(id)
    }
    return {
      code: 'POSTED',
      entries: entries.map((entry) => this.#entry(entry)),
      balances: balances.map((balance) => this.#balance(balance)),
    } as const
  }

  /** Returns a balance in the model's terms, without the transaction in which it was seen. */
  #balance({ seenIn, book, ...balance }: LedgerBalance): ModelBalance {
    return { ...balance, book: this.#book(book) }
  }

  #book(name: string): Book {
    return name === this.#books.gems ? 'gems' : 'own'
  }

  /** Gives a request its book's name. The own book may be left out. */
  #inBook<Request extends Place>(request: Request) {
    return { ...request, book: request.book === 'gems' ? this.#books.gems : undefined }
  }

  #entry(entry: LedgerEntry): ModelEntry {
    const { operationName, transactionId, createdOn, reverses, refunds, holdId, ...rest } = entry
    return {
      ...rest,
      book: this.#book(rest.book),
      id: this.#entries.numberOf(entry.id),
      operation: operationName as Operation,
      transactionId: this.#transactions.numberOf(transactionId),
      createdOn: createdOn.getTime(),
      reverses: reverses === null ? null : this.#entries.numberOf(reverses),
      refunds: refunds === null ? null : this.#entries.numberOf(refunds),
      holdId: holdId === null ? null : this.#holds.numberOf(holdId),
    }
  }

  #newHold(hold: LedgerHold): HoldAnswer {
    this.#holds.add(hold.id)
    return this.#hold(hold)
  }

  #hold(hold: LedgerHold): HoldAnswer {
    const { id, operationName, capturedBy, createdOn, expiresOn, releasedOn, seenIn, ...rest } = hold
    return {
      ...rest,
      book: this.#book(rest.book),
      id: this.#holds.numberOf(id),
      operation: operationName as Operation,
      capturedBy: capturedBy === null ? null : this.#entries.numberOf(capturedBy),
      createdOn: createdOn.getTime(),
      expiresOn: expiresOn.getTime(),
      releasedOn: releasedOn?.getTime() ?? null,
    }
  }

  #refused(error: Refusal | LedgerError): Answered {
    const refusal = error as Refusal
    switch (refusal.code) {
      case 'VALIDATION_ERROR':
        return { code: refusal.code, fields: refusal.errors.map(({ field }) => field) }
      case 'DUPLICATE_NONCE': {
        const { code, identical, balance } = refusal
        const original =
          'entry' in refusal
            ? { entry: this.#entry(refusal.entry), hold: null }
            : { entry: null, hold: this.#hold(refusal.hold) }
        return { code, ...original, identical, balance: this.#balance(balance) }
      }
      case 'INSUFFICIENT_BALANCE': {
        const { code, balance, entryIndex } = refusal
        return { code, balance: this.#balance(balance), entryIndex, ...amountsOf(refusal) }
      }
      case 'ACCOUNT_FROZEN':
      case 'ACCOUNT_CLOSED':
      case 'ACCOUNT_NOT_EMPTY':
      case 'BALANCE_OUT_OF_RANGE': {
        const { code, balance, entryIndex } = refusal
        return { code, balance: this.#balance(balance), entryIndex }
      }
      case 'LIMIT_REACHED': {
        const { code, ownerId, nextOn, entryIndex } = refusal
        const operation = refusal.operation as Operation
        return { code, ownerId, operation, nextOn: nextOn?.getTime() ?? null, entryIndex }
      }
      case 'REFUND_EXCEEDED':
        return { code: refusal.code, refundable: refusal.refundable }
      case 'OVERDRAFT_IN_USE':
        return { code: refusal.code, balance: this.#balance(refusal.balance) }
      case 'HOLD_CAPTURED':
      case 'HOLD_RELEASED':
      case 'HOLD_EXPIRED':
        return { code: refusal.code, hold: this.#hold(refusal.hold) }
      case 'TRANSACTION_NOT_FOUND':
      case 'ENTRY_NOT_FOUND':
      case 'HOLD_NOT_FOUND':
      case 'LOT_NOT_FOUND':
      case 'LOT_ENDED':
      case 'LOT_HELD':
      case 'NOT_REVERSIBLE':
      case 'ALREADY_REVERSED':
        return { code: refusal.code }
    }
  }
}

function withDate<Entry extends { readonly expiresOn: number | null }>({ expiresOn, ...entry }: Entry) {
  return { ...entry, expiresOn: expiresOn === null ? null : new Date(expiresOn) }
}

function withDates({ entries, ...command }: Command & { do: 'postTransaction' }) {
  return { ...command, entries: entries.map(withDate) }
}

/** Returns the amounts, which only the message has. */
function amountsOf({ message }: InsufficientBalanceError) {
  const [, needed, available] =
    /^The posting takes (\d+) credits?, .* has (-?\d+) available\.$/.exec(message) ?? []
  return { needed: Number(needed), available: Number(available) }
}
