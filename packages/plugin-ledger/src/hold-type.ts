import { HoldEndedError, type LedgerEntry, type LedgerHold, limits } from '@shared-ledger/ledger'
import { reached } from './access.ts'
import { bookField } from './books.ts'
import { lookupWeight } from './field-cost.ts'
import type { Graph } from './graph.ts'
import { holdId } from './identity.ts'
import { operationFields } from './object-types.ts'

/** A hold with the entry of a capture. The entry of a dry run is stored nowhere. */
export interface HoldOfCapture extends LedgerHold {
  readonly capture: LedgerEntry
}

/** Adds the type of holds, and the error for a hold that has ended. */
export function addHoldType({ builder, ledger, types }: Graph): void {
  const { LedgerBook, LedgerEntry, LedgerHold, LedgerOperation } = types
  const LedgerHoldStatus = builder.enumType('LedgerHoldStatus', {
    description: 'Whether a hold is live (HELD), or how it ended.',
    values: {
      HELD: { description: 'Its credits are set aside, without those that captures have taken.' },
      CAPTURED: { description: 'A capture ended it.' },
      RELEASED: { description: 'It was released: its credits are available again.' },
      EXPIRED: { description: 'Its time is over: its credits are available again.' },
    },
  })
  builder.objectType(LedgerHold, {
    description:
      'Credits that are set aside for a later entry. They count as spent while the status is HELD. The capture posts the operation.',
    fields: (t) => ({
      id: t.id({
        nullable: false,
        description: 'In the answer to a dry run, an id that no hold has.',
        resolve: holdId,
      }),
      ownerId: t.exposeString('ownerId', { nullable: false, description: 'Whose account.' }),
      ...bookField(t, LedgerBook),
      ...operationFields(t, LedgerOperation),
      amount: t.expose('amount', {
        type: 'SafeInt',
        nullable: false,
        description: 'The credits that were set aside, from 1.',
      }),
      captured: t.expose('captured', {
        type: 'SafeInt',
        nullable: false,
        description: 'How many of them captures have taken. While the status is HELD, the rest is set aside.',
      }),
      nonce: t.exposeString('nonce', { nullable: false, description: 'The idempotency key of its request.' }),
      metadata: t.expose('metadata', {
        type: 'LedgerMetadata',
        nullable: false,
        description: 'The metadata of its request.',
      }),
      status: t.expose('status', {
        type: LedgerHoldStatus,
        nullable: false,
        description: 'Its present status.',
      }),
      capturedBy: t.field({
        type: LedgerEntry,
        access: reached,
        nullable: true,
        description:
          'The entry whose capture ended it. In the answer to a dry run, the entry that would end it.',
        cost: { weight: lookupWeight },
        resolve: (hold) => {
          if (hold.capturedBy === null) return null
          return knowsCapture(hold) ? hold.capture : ledger.entry(hold.capturedBy)
        },
      }),
      captures: t.field({
        type: [LedgerEntry],
        access: reached,
        nullable: false,
        description: `The entries that captured it, oldest first, up to ${limits.capturesOfHold}. In the answer to a dry run, with the one that would.`,
        cost: { weight: lookupWeight, size: limits.capturesOfHold },
        async resolve(hold) {
          const { ownerId, id } = hold
          const captures = await ledger.captures(ownerId, id, hold)
          return hold.seenIn !== undefined && knowsCapture(hold) ? [...captures, hold.capture] : [...captures]
        },
      }),
      createdOn: t.expose('createdOn', {
        type: 'DateTime',
        nullable: false,
        description: 'When the credits were set aside.',
      }),
      expiresOn: t.expose('expiresOn', {
        type: 'DateTime',
        nullable: false,
        description: 'When they are available again, unless it ends before.',
      }),
      releasedOn: t.expose('releasedOn', {
        type: 'DateTime',
        nullable: true,
        description: 'When a capture or a release ended it.',
      }),
    }),
  })

  builder.objectType(HoldEndedError, {
    name: 'HoldEndedError',
    description: 'The hold was captured, was released, or has expired. Nothing was posted.',
    interfaces: [types.Error],
    fields: (t) => ({
      hold: t.expose('hold', {
        type: LedgerHold,
        access: reached,
        nullable: false,
        description: 'The hold in its present state.',
      }),
    }),
  })
}

function knowsCapture(hold: LedgerHold): hold is HoldOfCapture {
  return 'capture' in hold
}
