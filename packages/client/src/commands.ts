import type { ForApp } from './app-documents.ts'
import {
  CaptureHoldDocument,
  ExchangeDocument,
  HoldCreditsDocument,
  PostEntryDocument,
  PostTransactionDocument,
  ProlongHoldDocument,
  RefundEntryDocument,
  ReleaseHoldDocument,
  ReverseTransactionDocument,
  SetOverdraftDocument,
  TransferDocument,
  VoidLotDocument,
} from './generated/documents.ts'
import type {
  BatchEntryInput,
  CaptureHoldInput,
  ExchangeInput,
  HoldCreditsInput,
  PostEntryInput,
  PostTransactionInput,
  ProlongHoldInput,
  RefundEntryInput,
  ReverseTransactionInput,
  SetOverdraftInput,
  TransferInput,
  VoidLotInput,
} from './inputs.ts'
import { entryToSend, isoOf } from './moments.ts'
import { tell } from './outcome.ts'
import { createPostEntries } from './post-entries.ts'
import { createPosting } from './posting.ts'
import type { LedgerReads } from './reads.ts'
import { replayedEntry, replayedTransaction } from './replays.ts'
import type {
  CaptureHoldResult,
  ExchangeResult,
  HoldCreditsResult,
  PostEntryResult,
  PostTransactionResult,
  ProlongHoldResult,
  RefundEntryResult,
  ReleaseHoldResult,
  ReverseTransactionResult,
  SetOverdraftResult,
  TransferResult,
  VoidLotResult,
} from './results.ts'
import type { Send } from './transport.ts'
import type { SharedOperation } from './types.ts'

/**
 * The commands of an app's ledger.
 *
 * A command with a nonce is carried out once. All attempts of a call send the same nonce, so an attempt whose answer
 * was lost is found, and the call succeeds with `replayed: true`. When the caller gives a nonce that was used before
 * this call, the result is a DuplicateNonceError, or a DuplicateHoldError when a hold used it.
 *
 * There is one exception: after a lost answer the client cannot tell whether an identical posting under the caller's
 * nonce came from this call or from an earlier one. Both succeed with `replayed: true`. A dry run posts nothing and
 * replays nothing.
 */
export interface LedgerCommands<
  Operation extends string = SharedOperation,
  PostOperation extends Operation = Operation,
  Book extends string = never,
  ExchangeOperation extends PostOperation = never,
> {
  /** Posts one entry. */
  postEntry(input: PostEntryInput<PostOperation>): Promise<PostEntryResult<Operation, Book>>
  /** Posts entries of one or several owners: all of them or none. */
  postTransaction(input: PostTransactionInput<PostOperation>): Promise<PostTransactionResult<Operation, Book>>
  /** Moves credits from one owner to another. The app needs TRANSFER_OUT and TRANSFER_IN. */
  transfer(input: TransferInput): Promise<TransferResult<Operation, Book>>
  /** Gives credits of one book for those of another. The app needs an operation with `exchange`. */
  exchange(input: ExchangeInput<ExchangeOperation>): Promise<ExchangeResult<Operation, Book>>
  /** Undoes a transaction, once. Posts one entry with the negated amount for each original entry, in reverse order. */
  reverseTransaction(input: ReverseTransactionInput): Promise<ReverseTransactionResult<Operation, Book>>
  /** Gives back some or all of an entry's credits. It can be called several times, up to the whole amount. */
  refundEntry(input: RefundEntryInput): Promise<RefundEntryResult<Operation, Book>>
  /** Takes back what is left of a lot that the app made, once. The app needs CREDIT_EXPIRED and CREDIT_VOIDED. */
  voidLot(input: VoidLotInput): Promise<VoidLotResult<Operation, Book>>
  /**
   * Posts 1 to 1,000 entries, each on its own, as if one after another. Returns one result per entry, in order. When an
   * answer is lost, the whole list is sent again. `dryRun` applies to all entries.
   */
  postEntries(
    inputs: readonly BatchEntryInput<PostOperation>[],
    options?: { readonly dryRun?: boolean | undefined },
  ): Promise<readonly PostEntryResult<Operation, Book>[]>
  /** Sets credits aside for a later entry. */
  holdCredits(input: HoldCreditsInput<PostOperation>): Promise<HoldCreditsResult<Operation, Book>>
  /**
   * Posts an entry that a hold was for, with all or some of its credits. It ends the hold, and the rest becomes available
   * again, unless `keepRest` keeps it for further captures.
   */
  captureHold(input: CaptureHoldInput): Promise<CaptureHoldResult<Operation, Book>>
  /** Keeps a hold's credits set aside until a later moment. A hold that lasts as long already is returned unchanged. */
  prolongHold(input: ProlongHoldInput): Promise<ProlongHoldResult<Operation, Book>>
  /** Makes a hold's credits available again. A hold that was released or has expired is returned unchanged. */
  releaseHold(id: string): Promise<ReleaseHoldResult<Operation, Book>>
  /** Sets how far below 0 an owner's balance may go. */
  setOverdraft(input: SetOverdraftInput<Book>): Promise<SetOverdraftResult<Book>>
}

/** Builds the commands from their documents. Each knows which success a duplicate of its own attempt stands for. */
export function createCommands<
  Operation extends string,
  PostOperation extends Operation,
  Book extends string,
  ExchangeOperation extends PostOperation,
>({
  send,
  ofApp,
  reads,
}: {
  readonly send: Send
  readonly ofApp: ForApp<Operation, PostOperation, Book>
  readonly reads: Pick<LedgerReads<Operation, Book>, 'balance' | 'hold'>
}): LedgerCommands<Operation, PostOperation, Book, ExchangeOperation> {
  const posting = createPosting(send)
  const postEntry = posting(ofApp(PostEntryDocument), replayedEntry('PostLedgerEntrySuccess'))
  const postTransaction = posting(
    ofApp(PostTransactionDocument),
    replayedTransaction('PostLedgerTransactionSuccess', reads.balance),
  )

  return {
    postEntry: async (input) => postEntry(entryToSend(input)),
    postTransaction: async ({ entries, ...input }) =>
      postTransaction({ ...input, entries: entries.map(entryToSend) }),
    transfer: posting(ofApp(TransferDocument), replayedTransaction('TransferCreditsSuccess', reads.balance)),
    exchange: posting(ofApp(ExchangeDocument), replayedTransaction('ExchangeCreditsSuccess', reads.balance)),
    reverseTransaction: posting(
      ofApp(ReverseTransactionDocument),
      replayedTransaction('ReverseLedgerTransactionSuccess', reads.balance),
    ),
    refundEntry: posting(ofApp(RefundEntryDocument), replayedEntry('RefundLedgerEntrySuccess')),
    voidLot: posting(ofApp(VoidLotDocument), replayedEntry('VoidLotSuccess')),
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
    async prolongHold({ id, expiresOn }) {
      const input = { id, expiresOn: isoOf(expiresOn) }
      const { result } = await send(ofApp(ProlongHoldDocument), { input }, { isIdempotent: true })
      return tell(result.outcome)
    },
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
