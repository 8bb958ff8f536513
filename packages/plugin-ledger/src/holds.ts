import { limits } from '@shared-ledger/ledger'
import { bookArg } from './books.ts'
import type { Graph } from './graph.ts'
import type { HoldOfCapture } from './hold-type.ts'
import { entryInputFields, inputArg, ownerArg, postingInputFields } from './inputs.ts'
import { createHoldCheck, scopesOf } from './operation-scopes.ts'
import { addResult } from './results.ts'

/** Adds `holdCredits`, `captureHold`, `prolongHold`, `releaseHold` and the queries of holds. */
export function addHolds(graph: Graph): void {
  const { builder, ledger, types } = graph
  const HoldCreditsInput = builder.inputType('HoldCreditsInput', {
    description: 'Credits to set aside for a later entry.',
    fields: (t) => ({
      ...entryInputFields(t, graph),
      expiresIn: t.int({
        required: true,
        description: `Seconds until the credits are available again, 1 to ${limits.holdSeconds.toLocaleString('en')} (${limits.holdSeconds / 86_400} days).`,
      }),
      ...postingInputFields(t),
    }),
  })
  const CaptureHoldInput = builder.inputType('CaptureHoldInput', {
    description: 'A hold to capture, or a part of it.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'The id of the hold.' }),
      amount: t.field({
        type: 'SafeInt',
        description:
          'The number of credits, from 1. All that the hold keeps when left out. The rest becomes available again, unless `keepRest` keeps it.',
      }),
      keepRest: t.boolean({
        description:
          'Whether the hold keeps the rest, for further captures. The capture of its last credit ends it all the same.',
      }),
      ...postingInputFields(t),
    }),
  })
  const ProlongHoldInput = builder.inputType('ProlongHoldInput', {
    description: 'A hold to prolong, and until when.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'The id of the hold.' }),
      expiresOn: t.field({
        type: 'DateTime',
        required: true,
        description: `When its credits are available again, at most ${limits.holdSeconds / 86_400} days after it was made.`,
      }),
    }),
  })
  const holding = addResult(graph, 'HoldCredits', ledger.holdCredits, ['hold', 'balance'])
  const capture = addResult(graph, 'CaptureHold', ledger.captureHold, ['entry', 'hold', 'balance'])
  const prolong = addResult(graph, 'ProlongHold', ledger.prolongHold, ['hold', 'balance'])
  const release = addResult(graph, 'ReleaseHold', ledger.releaseHold, ['hold', 'balance'])

  const assertMayChangeHold = createHoldCheck(ledger)

  builder.mutationFields((t) => ({
    holdCredits: t.field({
      type: holding.type,
      nullable: false,
      description: 'Sets credits aside, by an operation that takes credits.',
      args: { input: inputArg(t.arg, HoldCreditsInput) },
      access: { action: 'post', owner: 'any', scopes: ({ input }) => scopesOf(ledger, [input]) },
      resolve: (_root, { input }) => holding.run(input),
    }),
    captureHold: t.field({
      type: capture.type,
      nullable: false,
      description:
        'Posts an entry that a hold was for, with all or some of its credits. It ends the hold, unless `keepRest` keeps the rest.',
      args: { input: inputArg(t.arg, CaptureHoldInput) },
      access: { action: 'post', owner: 'any' },
      resolve: async (_root, { input }, { principal }) => {
        await assertMayChangeHold(input.id, principal)
        const captured = await capture.run(input)
        if ('code' in captured) return captured
        const hold: HoldOfCapture = { ...captured.hold, capture: captured.entry }
        return { ...captured, hold }
      },
    }),
    prolongHold: t.field({
      type: prolong.type,
      nullable: false,
      description:
        "Keeps a hold's credits set aside until a later moment. A hold that lasts as long already is returned unchanged.",
      args: { input: inputArg(t.arg, ProlongHoldInput) },
      access: { action: 'post', owner: 'any' },
      resolve: async (_root, { input }, { principal }) => {
        await assertMayChangeHold(input.id, principal)
        return prolong.run(input)
      },
    }),
    releaseHold: t.field({
      type: release.type,
      nullable: false,
      description:
        "Makes a hold's credits available again. A hold that was released or has expired is returned unchanged.",
      args: { id: t.arg.id({ required: true, description: 'The id of the hold.' }) },
      access: { action: 'post', owner: 'any' },
      resolve: async (_root, { id }, { principal }) => {
        await assertMayChangeHold(id, principal)
        return release.run(id)
      },
    }),
  }))

  builder.queryFields((t) => ({
    ledgerHold: t.field({
      type: types.LedgerHold,
      nullable: true,
      description: 'The hold with this id, or null.',
      args: { id: t.arg.id({ required: true, description: 'The id of the hold.' }) },
      access: { action: 'read', owner: { found: ({ ownerId }) => ownerId } },
      resolve: (_root, { id }) => ledger.hold(id),
    }),
    ledgerHolds: t.field({
      type: [types.LedgerHold],
      nullable: false,
      description: `An owner's live holds, newest first, up to ${limits.liveHolds}.`,
      args: { ownerId: ownerArg(t.arg), ...bookArg(t.arg, types.LedgerBook) },
      access: { action: 'read', owner: ({ ownerId }) => ownerId },
      cost: { size: limits.liveHolds },
      resolve: async (_root, { ownerId, ...inBook }) => [...(await ledger.holds(ownerId, inBook))],
    }),
  }))
}
