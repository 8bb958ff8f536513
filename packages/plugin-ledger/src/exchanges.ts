import { exchangeEntries, isPublic } from '@shared-ledger/ledger'
import type { Graph } from './graph.ts'
import { inputArg, ownerField, postingInputFields } from './inputs.ts'
import { enumValues } from './object-types.ts'
import { scopesOf } from './operation-scopes.ts'
import { addResult } from './results.ts'

/** Adds `exchangeCredits`. */
export function addExchanges(graph: Graph): void {
  const { builder, ledger } = graph
  const exchanges = ledger
    .describeOperations()
    .filter((operation) => operation.exchange && isPublic(operation))
  const LedgerExchange = builder.enumType('LedgerExchange', {
    description: 'The operations that take credits of one book for those of another.',
    values: enumValues(exchanges),
  })
  const ExchangeCreditsInput = builder.inputType('ExchangeCreditsInput', {
    description: 'Credits of one book to give for those of another.',
    fields: (t) => ({
      ownerId: ownerField(t),
      operation: t.field({
        type: LedgerExchange,
        required: true,
        description: 'The operation that takes the credits. It says what the owner gets for them.',
      }),
      amount: t.field({
        type: 'SafeInt',
        required: true,
        description: "The credits that it takes, from 1: a multiple of the rate's `give`.",
      }),
      ...postingInputFields(t),
    }),
  })
  const exchange = addResult(graph, 'ExchangeCredits', ledger.exchange, ['transaction', 'balances'])

  builder.mutationField('exchangeCredits', (t) =>
    t.field({
      type: exchange.type,
      nullable: false,
      description: 'Gives credits of one book for those of another, by two entries of one transaction.',
      args: { input: inputArg(t.arg, ExchangeCreditsInput) },
      access: {
        action: 'post',
        owner: 'any',
        scopes: ({ input }) => scopesOf(ledger, exchangeEntries(ledger.operations, input.operation)),
      },
      resolve: (_root, { input }) => exchange.run(input),
    }),
  )
}
