import type { ForApp } from './app-documents.ts'
import {
  CaptureHoldDocument,
  HoldCreditsDocument,
  PostEntryDocument,
  PostTransactionDocument,
  RefundEntryDocument,
  ReleaseHoldDocument,
  ReverseTransactionDocument,
  SetOverdraftDocument,
  TransferDocument,
} from './generated/documents.ts'
import type {
  BatchEntryInput,
  CaptureHoldInput,
  HoldCreditsInput,
  PostEntryInput,
  PostTransactionInput,
  RefundEntryInput,
  ReverseTransactionInput,
  SetOverdraftInput,
  TransferInput,
} from './inputs.ts'
import { tell } from './outcome.ts'
import { createPostEntries } from './post-entries.ts'
import { createPosting } from './posting.ts'
import type { LedgerReads } from './reads.ts'
import { replayedEntry, replayedTransaction } from './replays.ts'
import type {
  CaptureHoldResult,
  HoldCreditsResult,
  PostEntryResult,
  PostTransactionResult,
  RefundEntryResult,
  ReleaseHoldResult,
  ReverseTransactionResult,
  SetOverdraftResult,
  TransferResult,
} from './results.ts'
import type { Send } from './transport.ts'
import type { SharedOperation } from './types.ts'

/**
 * What can be written to an app's ledger.
 *
 * Whatever takes a nonce is posted once: all attempts of a call carry the same nonce, so that one whose answer was lost
 * is found, and answered as a success with `replayed: true`. A caller's nonce that was used before this call is refused
 * with DuplicateNonceError (DuplicateHoldError where it was a hold's). There is one exception: after an attempt whose
 * answer was lost, an identical posting under the nonce may be that attempt's or an earlier call's. Both are answered
 * with `replayed: true`. A dry run posts nothing and replays nothing.
 */
export interface LedgerCommands<
  Operation extends string = SharedOperation,
  PostOperation extends Operation = Operation,
> {
  /** Posts an entry. */
  postEntry(input: PostEntryInput<PostOperation>): Promise<PostEntryResult<Operation>>
  /** Posts entries of any owners: all of them or none. */
  postTransaction(input: PostTransactionInput<PostOperation>): Promise<PostTransactionResult<Operation>>
  /** Moves credits from one owner to another, in an app with TRANSFER_OUT and TRANSFER_IN. */
  transfer(input: TransferInput): Promise<TransferResult<Operation>>
  /** Undoes a transaction: in reverse order, one entry of the negated amount per original entry. Once only. */
  reverseTransaction(input: ReverseTransactionInput): Promise<ReverseTransactionResult<Operation>>
  /** Gives a part of an entry back; several times, up to the whole. */
  refundEntry(input: RefundEntryInput): Promise<RefundEntryResult<Operation>>
  /**
   * Posts 1 to 1,000 entries, each on its own, as if one after another, and answers in order what became of each. When
   * an answer is lost, all are sent again. `dryRun` is for all of them.
   */
  postEntries(
    inputs: readonly BatchEntryInput<PostOperation>[],
    options?: { readonly dryRun?: boolean | undefined },
  ): Promise<readonly PostEntryResult<Operation>[]>
  /** Sets credits aside for a later entry. */
  holdCredits(input: HoldCreditsInput<PostOperation>): Promise<HoldCreditsResult<Operation>>
  /** Posts what a hold has promised, or a part of it; the rest is available again. Once only. */
  captureHold(input: CaptureHoldInput): Promise<CaptureHoldResult<Operation>>
  /** Makes a hold's credits available again; a released or expired hold is answered as it is. */
  releaseHold(id: string): Promise<ReleaseHoldResult<Operation>>
  /** Sets how far below 0 an owner's balance may go. */
  setOverdraft(input: SetOverdraftInput): Promise<SetOverdraftResult>
}

/** The commands by their documents, each posting with the success that a duplicate of its own stands for. */
export function createCommands<Operation extends string, PostOperation extends Operation>({
  send,
  ofApp,
  reads,
}: {
  readonly send: Send
  readonly ofApp: ForApp<Operation, PostOperation>
  readonly reads: Pick<LedgerReads<Operation>, 'balance' | 'hold'>
}): LedgerCommands<Operation, PostOperation> {
  const posting = createPosting(send)

  return {
    postEntry: posting(ofApp(PostEntryDocument), replayedEntry('PostLedgerEntrySuccess')),
    postTransaction: posting(
      ofApp(PostTransactionDocument),
      replayedTransaction('PostLedgerTransactionSuccess', reads.balance),
    ),
    transfer: posting(ofApp(TransferDocument), replayedTransaction('TransferCreditsSuccess', reads.balance)),
    reverseTransaction: posting(
      ofApp(ReverseTransactionDocument),
      replayedTransaction('ReverseLedgerTransactionSuccess', reads.balance),
    ),
    refundEntry: posting(ofApp(RefundEntryDocument), replayedEntry('RefundLedgerEntrySuccess')),
    postEntries: createPostEntries(send, ofApp),
    holdCredits: posting(ofApp(HoldCreditsDocument), (duplicate) => {
      if (!('hold' in duplicate)) return undefined
      const { hold, balance } = duplicate
      return { __typename: 'HoldCreditsSuccess' as const, hold, balance }
    }),
    captureHold: posting(ofApp(CaptureHoldDocument), async (duplicate, { id }) => {
      const hold = 'entry' in duplicate && (await reads.hold(id))
      if (!hold) return undefined
      const { entry, balance } = duplicate
      return { __typename: 'CaptureHoldSuccess' as const, entry, hold, balance }
    }),
    async releaseHold(id) {
      const { result } = await send(ofApp(ReleaseHoldDocument), { id }, { isIdempotent: true })
      return tell(result.outcome)
    },
    async setOverdraft(input) {
      const { result } = await send(ofApp(SetOverdraftDocument), { input }, { isIdempotent: true })
      return tell(result.outcome)
    },
  }
}
