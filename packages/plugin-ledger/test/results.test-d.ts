import type { Ledger } from '@shared-ledger/ledger'
import { expectTypeOf, test } from 'vitest'
import type { Graph } from '../src/graph.ts'
import { addResult } from '../src/results.ts'

declare const graph: Graph
declare const ledger: Ledger

const posting = () => addResult(graph, 'PostLedgerEntry', ledger.postEntry, ['entry', 'balance'])
const refund = () => addResult(graph, 'RefundLedgerEntry', ledger.refundEntry, ['entry', 'balance'])

type Union<Result extends { readonly type: { readonly $inferType: unknown } }> = Result['type']['$inferType']

test("a result's union has every outcome of its command", () => {
  type Posted = Awaited<ReturnType<ReturnType<typeof posting>['run']>>
  expectTypeOf<Union<ReturnType<typeof posting>>>().toEqualTypeOf<Posted>()
})

test('a result belongs to one command', () => {
  const { type, run } = posting()
  expectTypeOf(run).not.toExtend<ReturnType<typeof refund>['run']>()
  expectTypeOf(refund().run).not.toExtend<typeof run>()

  const { builder } = graph
  void (() =>
    builder.mutationField('refund', (t) =>
      // @ts-expect-error a refund has more refusals than the union of a posting
      t.field({ type, nullable: false, resolve: () => refund().run({ id: '1', amount: 1, nonce: 'n' }) }),
    ))
  void (() =>
    // @ts-expect-error a posting of an entry has no transaction
    addResult(graph, 'PostLedgerEntry', ledger.postEntry, ['transaction']))
})
