const duplicates = ['DUPLICATE_NONCE, another', 'DUPLICATE_NONCE, identical']
const aHold = 'DUPLICATE_NONCE, another, a hold'

/**
 * Every kind of outcome that histories must reach, without those that are rare for one request and frequent for others.
 */
export const kinds = [
  'dry run',
  ...of('postEntry', ...duplicates, aHold, 'POSTED', 'LIMIT_REACHED', 'VALIDATION_ERROR'),
  ...of('postEntry', 'INSUFFICIENT_BALANCE', 'BALANCE_OUT_OF_RANGE'),
  ...of('postTransaction', ...duplicates, aHold, 'POSTED', 'POSTED, several', 'LIMIT_REACHED'),
  ...of('postTransaction', 'VALIDATION_ERROR', 'INSUFFICIENT_BALANCE', 'BALANCE_OUT_OF_RANGE'),
  ...of('transfer', ...duplicates, 'POSTED, several', 'VALIDATION_ERROR', 'INSUFFICIENT_BALANCE'),
  ...of(
    'exchange',
    'POSTED, several',
    'VALIDATION_ERROR',
    'INSUFFICIENT_BALANCE',
    'DUPLICATE_NONCE, another',
  ),
  ...of('state', 'POSTED', 'VALIDATION_ERROR', 'ACCOUNT_NOT_EMPTY'),
  ...[
    'postEntry',
    'postTransaction',
    'transfer',
    'exchange',
    'reverse',
    'refund',
    'hold',
    'setOverdraft',
  ].flatMap((request) => of(request, 'ACCOUNT_FROZEN')),
  ...of('postEntry', 'ACCOUNT_CLOSED'),
  ...of('postTransaction over books', 'VALIDATION_ERROR'),
  ...of('postEntry in gems', ...duplicates, 'POSTED', 'INSUFFICIENT_BALANCE'),
  ...of('postTransaction in gems', 'POSTED, several', 'INSUFFICIENT_BALANCE'),
  ...of('hold in gems', 'HELD', 'INSUFFICIENT_BALANCE'),
  ...['capture in gems', 'reverse in gems', 'refund in gems'].flatMap((request) => of(request, 'POSTED')),
  ...of('release in gems', 'RELEASED, RELEASED'),
  ...of('setOverdraft in gems', 'OVERDRAFT_SET'),
  ...of('reverse', ...duplicates, 'POSTED', 'POSTED, several', 'TRANSACTION_NOT_FOUND', 'NOT_REVERSIBLE'),
  ...of('reverse', 'ALREADY_REVERSED', 'REFUND_EXCEEDED', 'INSUFFICIENT_BALANCE'),
  ...of('refund', ...duplicates, 'POSTED', 'ENTRY_NOT_FOUND', 'NOT_REVERSIBLE', 'ALREADY_REVERSED'),
  ...of('refund', 'REFUND_EXCEEDED', 'VALIDATION_ERROR', 'INSUFFICIENT_BALANCE'),
  ...of('hold', 'HELD', 'DUPLICATE_NONCE, another', aHold, 'DUPLICATE_NONCE, identical, a hold'),
  ...of('hold', 'INSUFFICIENT_BALANCE', 'LIMIT_REACHED', 'VALIDATION_ERROR'),
  ...of('capture', 'DUPLICATE_NONCE, another', 'POSTED', 'a part', 'VALIDATION_ERROR'),
  ...of('capture', 'HOLD_NOT_FOUND', 'HOLD_CAPTURED', 'HOLD_RELEASED', 'HOLD_EXPIRED'),
  ...of('prolong', 'PROLONGED', 'VALIDATION_ERROR', 'HOLD_NOT_FOUND', 'ACCOUNT_FROZEN'),
  ...of('prolong', 'HOLD_CAPTURED', 'HOLD_RELEASED', 'HOLD_EXPIRED'),
  ...of('release', 'RELEASED, RELEASED', 'RELEASED, EXPIRED', 'HOLD_CAPTURED', 'HOLD_NOT_FOUND'),
  ...of('setOverdraft', 'OVERDRAFT_SET', 'OVERDRAFT_IN_USE', 'BALANCE_OUT_OF_RANGE'),
  ...of('void', 'POSTED', 'VALIDATION_ERROR', 'LOT_NOT_FOUND', 'LOT_ENDED', 'LOT_HELD', ...duplicates),
  ...of('audit', 'a lot', 'an opening lot', 'CREDIT_EXPIRED', 'CREDIT_VOIDED', 'a debt paid'),
  ...of('audit', 'credits given back', 'a past balance'),
  ...of('audit in gems', 'a lot', 'CREDIT_EXPIRED', 'CREDIT_VOIDED'),
  ...['balance', 'balanceAt', 'liveHolds', 'liveLots', 'holdAnswer'].map((request) => `${request}: READ`),
]

function of(request: string, ...outcomes: string[]): string[] {
  return outcomes.map((outcome) => `${request}: ${outcome}`)
}
