import { HoldEndedError, type LedgerEntry, type LedgerHold } from '@shared-ledger/ledger'
import { reached } from './access.ts'
import { lookupWeight } from './field-cost.ts'
import type { Graph } from './graph.ts'
import { holdId } from './identity.ts'
import { operationFields } from './object-types.ts'

/** A hold with the entry that captures it. The entry of a dry run is stored nowhere. */
export interface HoldOfCapture extends LedgerHold {
  readonly capture: LedgerEntry
}

/** Adds the type of holds, and the error for a hold that has ended. */
export function addHoldType({ builder, ledger, types }: Graph): void {
  const { LedgerEntry, LedgerHold, LedgerOperation } = types
  const LedgerHoldStatus = builder.enumType('LedgerHoldStatus', {
    description: 'Whether a hold keeps credits aside (HELD), or what became of it.',
    values: {
      HELD: { description: 'Its credits are set aside.' },
      CAPTURED: { description: 'An entry took its credits, or a part of them.' },
      RELEASED: { description: 'Its credits are available again, since somebody asked for it.' },
      EXPIRED: { description: 'Its credits are available again, since its time is over.' },
    },
  })
  builder.objectType(LedgerHold, {
    description:
      'Credits that an owner has promised: they count as spent while its status is HELD. Its capture posts its operation.',
    fields: (t) => ({
      id: t.id({
        nullable: false,
        description: 'In the answer to a dry run: one that no hold has.',
        resolve: holdId,
      }),
      ownerId: t.exposeString('ownerId', { nullable: false, description: 'Whose account.' }),
      ...operationFields(t, LedgerOperation),
      amount: t.expose('amount', {
        type: 'SafeInt',
        nullable: false,
        description: 'The credits that a capture may take at most, from 1.',
      }),
      nonce: t.exposeString('nonce', { nullable: false, description: 'The idempotency key of its request.' }),
      metadata: t.expose('metadata', {
        type: 'LedgerMetadata',
        nullable: false,
        description: 'What its request asked to keep with it.',
      }),
      status: t.expose('status', {
        type: LedgerHoldStatus,
        nullable: false,
        description: 'What has become of it by now.',
      }),
      capturedBy: t.field({
        type: LedgerEntry,
        access: reached,
        nullable: true,
        description: 'The entry that captured it. In the answer to a dry run: the one that would.',
        cost: { weight: lookupWeight },
        resolve: (hold) => {
          if (hold.capturedBy === null) return null
          return knowsCapture(hold) ? hold.capture : ledger.entry(hold.capturedBy)
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
        description: 'When it was captured or released.',
      }),
    }),
  })

  builder.objectType(HoldEndedError, {
    name: 'HoldEndedError',
    description: 'The hold keeps nothing aside any more. Nothing was posted.',
    interfaces: [types.Error],
    fields: (t) => ({
      hold: t.expose('hold', {
        type: LedgerHold,
        access: reached,
        nullable: false,
        description: 'The hold as it is.',
      }),
    }),
  })
}

function knowsCapture(hold: LedgerHold): hold is HoldOfCapture {
  return 'capture' in hold
}
