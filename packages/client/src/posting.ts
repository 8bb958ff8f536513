import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { LedgerClientError } from './errors.ts'
import { type DuplicateOf, isDuplicate, type Outcome, type Refused, type SuccessOf, tell } from './outcome.ts'
import type { Send } from './transport.ts'

/** What became of a posting. */
type PostingResult<Of extends Outcome> =
  | (SuccessOf<Of> & { readonly ok: true; readonly replayed: boolean })
  | Refused<Of>

/** The success that a duplicate stands for. Undefined when the duplicate cannot come from this method. */
type Replay<Of extends Outcome> = SuccessOf<Of> | undefined

/** The part of the input that every posting has. */
interface AnyInput {
  readonly nonce: string
  readonly dryRun?: boolean | null | undefined
}

/** An input as callers give it. */
type Given<Input> = Omit<Input, 'nonce'> & { readonly nonce?: string | undefined }

/**
 * Makes methods that post under the caller's nonce, or under a new one. All attempts send the same nonce. When a
 * duplicate can only come from an earlier attempt of the same call, it counts as a success.
 */
export function createPosting(send: Send) {
  return <Of extends Outcome, Input extends AnyInput>(
    document: TypedDocumentNode<{ readonly outcome: Of }, { readonly input: Input }>,
    replayOf: (duplicate: DuplicateOf<Of>, input: Given<Input>) => Replay<Of> | Promise<Replay<Of>>,
  ) =>
    async (input: Given<Input>): Promise<PostingResult<Of>> => {
      const nonce = input.nonce ?? crypto.randomUUID()
      try {
        const { result, maybeDoneBefore } = await send(document, { input: { ...input, nonce } })
        const isOurs = !input.dryRun && (input.nonce === undefined || maybeDoneBefore)
        return await resultOf(result.outcome, {
          isOurs,
          replayOf: (duplicate) => replayOf(duplicate, input),
        })
      } catch (error) {
        throw error instanceof LedgerClientError ? error.ofPosting({ nonce }) : error
      }
    }
}

/**
 * Turns an outcome into the caller's result.
 *
 * @param isOurs Whether a duplicate can only come from an earlier attempt of this call. An identical one is then a
 *   success.
 * @throws LedgerClientError for an outcome that this version of the client does not know
 */
export async function resultOf<Of extends Outcome>(
  outcome: Of,
  {
    isOurs,
    replayOf,
  }: {
    readonly isOurs: boolean
    readonly replayOf: (duplicate: DuplicateOf<Of>) => Replay<Of> | Promise<Replay<Of>>
  },
): Promise<PostingResult<Of>> {
  if (isOurs && isDuplicate(outcome) && outcome.identical) {
    const success = await replayOf(outcome)
    if (success) return { ok: true, ...success, replayed: true }
  }
  const told = tell(outcome)
  return told.ok ? { ...told, replayed: false } : told
}
