import { expectTypeOf, test } from 'vitest'
import {
  type CaptureError,
  type CorrectionError,
  errorsOf,
  HoldEndedError,
  type HoldError,
  type Ledger,
  NotFoundError,
  type OverdraftError,
  OverdraftInUseError,
  type PostingError,
  type RefusalClasses,
  type ReleaseError,
  ValidationError,
} from '../src/index.ts'

declare const ledger: Ledger

type OfRelease = RefusalClasses<ReleaseError>

type InstanceOf<Class> = Class extends new (...args: never[]) => infer Instance ? Instance : never

test('a table of refusals has exactly the classes of its type', () => {
  expectTypeOf({ ValidationError, NotFoundError, HoldEndedError }).toExtend<OfRelease>()
  expectTypeOf({ ValidationError, NotFoundError }).not.toExtend<OfRelease>()
  expectTypeOf({
    ValidationError,
    NotFoundError,
    HoldEndedError,
    OverdraftInUseError,
  }).not.toExtend<OfRelease>()
  expectTypeOf({ ValidationError, NotFoundError, HoldEndedError: NotFoundError }).not.toExtend<OfRelease>()

  // @ts-expect-error a release can find that its hold has ended
  const tooFew = { ValidationError, NotFoundError } satisfies OfRelease
  // @ts-expect-error a release never meets an overdraft
  const tooMany = { ValidationError, NotFoundError, HoldEndedError, OverdraftInUseError } satisfies OfRelease
  void [tooFew, tooMany]
})

test('a command is refused with the errors of its type, and no others', async () => {
  const posted = await ledger.postEntry({ ownerId: 'o', operation: 'CREDIT_ADD', nonce: 'n' })
  if (!posted.ok) expectTypeOf(posted.error).toEqualTypeOf<PostingError>()
  const held = await ledger.holdCredits({ ownerId: 'o', operation: 'O', amount: 1, expiresIn: 1, nonce: 'n' })
  if (!held.ok) expectTypeOf(held.error).toEqualTypeOf<HoldError>()
  const captured = await ledger.captureHold({ id: '1', nonce: 'n' })
  if (!captured.ok) expectTypeOf(captured.error).toEqualTypeOf<CaptureError>()
  const refunded = await ledger.refundEntry({ id: '1', amount: 1, nonce: 'n' })
  if (!refunded.ok) expectTypeOf(refunded.error).toEqualTypeOf<CorrectionError>()
  const released = await ledger.releaseHold('1')
  if (!released.ok) expectTypeOf(released.error).toEqualTypeOf<ReleaseError>()
})

test('a command cannot stand for one with other refusals', () => {
  // @ts-expect-error a refund has more refusals than a posting
  const more: typeof ledger.postEntry.refusals = ledger.refundEntry.refusals
  // @ts-expect-error a posting never has all refusals of a refund
  const fewer: typeof ledger.refundEntry.refusals = ledger.postEntry.refusals
  void [more, fewer]
})

test('errorsOf returns the classes of a command', () => {
  const classes = errorsOf(ledger.setOverdraft)
  expectTypeOf<InstanceOf<(typeof classes)[number]>>().toEqualTypeOf<OverdraftError>()
})
