import { bookOf, stateOf } from './operations.ts'
import type { Answered, AuditedAccount, Command, Expected, Scene } from './play.ts'

/** Counts how often each request had each outcome. */
export class Tally {
  readonly #counts = new Map<string, number>()
  total = 0

  addAll(scene: Scene): void {
    if (scene.kind === 'clock') return
    if (scene.kind === 'audit') this.addAudit(scene.accounts)
    else for (const request of scene.requests) this.add(request, scene.dryRun)
  }

  add({ command, outcome }: Expected, dryRun: boolean): void {
    this.total += 1
    const kinds = [
      `${command.do}: ${kindOf(outcome)}`,
      ...(isInGems(outcome) ? [`${command.do} in gems: ${kindOf(outcome)}`] : []),
      ...(command.do === 'postEntry' && stateOf(command.operation) ? [`state: ${kindOf(outcome)}`] : []),
      ...(isOverBooks(command) ? [`${command.do} over books: ${kindOf(outcome)}`] : []),
      ...(command.do === 'capture' && goesOn(outcome) ? ['capture: a part'] : []),
      ...(dryRun ? ['dry run'] : []),
    ]
    for (const key of kinds) this.#count(key)
  }

  /** Counts what became of lots. */
  addAudit(accounts: readonly AuditedAccount[]): void {
    for (const { book, entries, lots, uses, past } of accounts) {
      const in_ = book === 'gems' ? ' in gems' : ''
      for (const { operation } of entries) {
        if (operation === 'CREDIT_EXPIRED' || operation === 'CREDIT_VOIDED')
          this.#count(`audit${in_}: ${operation}`)
      }
      for (const { madeBy } of lots)
        this.#count(madeBy === null ? `audit${in_}: an opening lot` : `audit${in_}: a lot`)
      for (const { place, returns } of uses) {
        if (place <= 0) this.#count('audit: a debt paid')
        if (returns !== null) this.#count('audit: credits given back')
      }
      for (const _ of past) this.#count('audit: a past balance')
    }
  }

  #count(key: string): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
  }

  count(key: string): number {
    return this.#counts.get(key) ?? 0
  }

  table(): string {
    const rows = [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1))
    const width = Math.max(...rows.map(([key]) => key.length))
    return rows.map(([key, count]) => `  ${key.padEnd(width)} ${String(count).padStart(7)}`).join('\n')
  }
}

/** Whether an outcome is of an account in the second book alone. */
function isInGems(outcome: Answered): boolean {
  if (outcome.code === 'POSTED') return outcome.entries.every(({ book }) => book === 'gems')
  return 'balance' in outcome && outcome.balance.book === 'gems'
}

/** Whether a capture left a hold that goes on. */
function goesOn(outcome: Answered): boolean {
  return outcome.code === 'POSTED' && outcome.hold?.status === 'HELD'
}

/** Whether a request is for a transaction in several books. */
function isOverBooks(command: Command): boolean {
  if (command.do !== 'postTransaction') return false
  return new Set(command.entries.map(({ operation }) => bookOf(operation))).size > 1
}

/** Returns the kind of an outcome: its code, and the details that matter. */
function kindOf(outcome: Answered): string {
  switch (outcome.code) {
    case 'DUPLICATE_NONCE':
      return `DUPLICATE_NONCE, ${outcome.identical ? 'identical' : 'another'}${outcome.hold ? ', a hold' : ''}`
    case 'RELEASED':
      return `RELEASED, ${outcome.hold.status}`
    case 'POSTED':
      return outcome.entries.length > 1 ? 'POSTED, several' : 'POSTED'
    default:
      return outcome.code
  }
}
