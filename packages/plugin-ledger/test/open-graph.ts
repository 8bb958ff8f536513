import { graphql } from 'graphql'
import pg from 'pg'
import { anyone, buildSchema } from './build-schema.ts'
import { openGames } from './open-games.ts'

/** Opens a graph with every part on a database of this test file, with a superuser's connection. */
export async function openGraph() {
  const { database, sql, ledger } = await openGames()
  const schema = buildSchema(ledger)

  /** Runs a document and returns what a client would get. */
  const run = async (source: string, variableValues: Record<string, unknown> = {}) =>
    JSON.parse(
      JSON.stringify(await graphql({ schema, source, variableValues, contextValue: { principal: anyone } })),
    )

  /** Runs one mutation on an input and returns its member of the union, or `{ errors }`. */
  const mutate = async (field: string, input: object, selection: string) => {
    const type = `${field[0]?.toUpperCase()}${field.slice(1)}Input!`
    const { data, errors } = await run(
      `mutation ($input: ${type}) { ${field}(input: $input) { __typename ${refusal} ${selection} } }`,
      { input },
    )
    return data?.[field] ?? { errors }
  }

  /** Gives an owner credits. */
  const give = async (ownerId: string, amount: number) => {
    const result = await ledger.postEntry({
      ownerId,
      operation: 'CREDIT_ADD',
      amount,
      nonce: crypto.randomUUID(),
    })
    if (!result.ok) throw result.error
    return result.entry
  }

  /** Returns the balances of owners. */
  const amounts = async (...ownerIds: string[]) =>
    Promise.all(ownerIds.map(async (ownerId) => (await ledger.balance(ownerId)).amount))

  /** Makes the ledger's clock wrong by an interval, such as `2 seconds`. */
  const shiftClock = (interval: string) =>
    sql.query(`
      CREATE OR REPLACE FUNCTION ledger.now() RETURNS timestamptz LANGUAGE sql VOLATILE
      RETURN clock_timestamp() + interval ${pg.escapeLiteral(interval)}`)

  return { database, ledger, schema, run, mutate, give, amounts, shiftClock }
}

/** What tests select of any refusal. */
const refusal = `... on Error {
  code
  message
  ... on ValidationError { errors { field message } }
  ... on DuplicateNonceError { identical original: entry { id } current: balance { amount } }
  ... on DuplicateHoldError { identical originalHold: hold { id } current: balance { amount } }
  ... on InsufficientBalanceError { entryIndex current: balance { amount available } }
  ... on BalanceOutOfRangeError { entryIndex current: balance { amount } }
  ... on LimitReachedError { ownerId operation nextOn entryIndex }
  ... on RefundExceededError { refundable }
  ... on HoldEndedError { ended: hold { id status } }
  ... on OverdraftInUseError { current: balance { amount overdraft available } }
}`
