/**
 * Fragments that a route's document may use: those of the ledger's objects, and `...RestRefusal` on the result union
 * of a mutation, for every way in which it can refuse. Aliases keep what may be null in a refusal apart from what success
 * has under the same name.
 */
export const ledgerFragments = `
  fragment RestEntry on LedgerEntry {
    id operation: operationName ownerId amount nonce balanceAfter createdOn metadata transactionId
    reverses refunds holdId
  }
  fragment RestBalance on LedgerBalance {
    ownerId amount overdraft held available
  }
  fragment RestTransaction on LedgerTransaction {
    id nonce metadata createdOn entries { ...RestEntry }
  }
  fragment RestHold on LedgerHold {
    id ownerId operation: operationName amount nonce metadata status capturedBy { id } createdOn expiresOn releasedOn
  }
  fragment RestRefusal on Error {
    refusal: __typename
    code
    message
    ... on ValidationError { errors { field message } }
    ... on InsufficientBalanceError { entryIndex balance { ownerId amount } }
    ... on BalanceOutOfRangeError { entryIndex balance { ownerId amount } }
    ... on LimitReachedError { entryIndex ownerId nextOn }
    ... on DuplicateNonceError {
      identical
      original: entry { ...RestEntry }
      balance { ...RestBalance }
    }
    ... on DuplicateHoldError {
      identical
      originalHold: hold { ...RestHold }
      balance { ...RestBalance }
    }
    ... on RefundExceededError { refundable }
    ... on OverdraftInUseError { balance { ownerId amount } }
    ... on HoldEndedError { endedHold: hold { ...RestHold } }
  }
`
