/** The apps that are served. */
export const apps = ['content', 'freelance'] as const
export type App = (typeof apps)[number]

/** An entry as it should be written. The amount is signed. */
export interface Line {
  readonly owner: string
  readonly operation: Operation
  readonly amount: number
}

export type Operation = PostedOperation | 'DAILY_REWARD' | AppOperation

/** The operations that only the apps' own mutations post. */
type AppOperation =
  | 'TRANSFER_OUT'
  | 'TRANSFER_IN'
  | 'CONTENT_CREATION'
  | 'PROJECT_SPENDING'
  | 'PROJECT_PAYMENT'

/** The operations that a client names. */
type PostedOperation = 'CREDIT_ADD' | 'CREDIT_SPEND'

export interface PostedLine extends Line {
  readonly operation: PostedOperation
}

/** A client's request, however it is sent. */
export type Request =
  | { readonly kind: 'entry'; readonly nonce: string; readonly line: PostedLine }
  | {
      readonly kind: 'reward'
      readonly nonce: string
      readonly owner: string
      /** When its credit expires: ISO 8601, to the millisecond. */
      readonly expiresOn: string
    }
  | {
      readonly kind: 'transaction'
      readonly nonce: string
      readonly lines: readonly PostedLine[]
      readonly balanced: boolean
    }
  | {
      readonly kind: 'transfer'
      readonly nonce: string
      readonly from: string
      readonly to: string
      readonly amount: number
    }
  | {
      readonly kind: 'hold'
      readonly nonce: string
      readonly line: PostedLine
      readonly expiresIn: number
    }
  | {
      readonly kind: 'capture'
      readonly nonce: string
      readonly holdId: string
      /** All credits when undefined. */
      readonly amount: number | undefined
      readonly line: PostedLine
    }
  | { readonly kind: 'release'; readonly holdId: string; readonly owner: string }
  | {
      readonly kind: 'reversal'
      readonly nonce: string
      readonly transactionId: string
      readonly lines: readonly Line[]
    }
  | { readonly kind: 'refund'; readonly nonce: string; readonly entryId: string; readonly line: Line }
  | { readonly kind: 'batch'; readonly entries: readonly BatchEntry[] }
  | { readonly kind: 'content'; readonly nonce: string; readonly owner: string }
  | {
      readonly kind: 'project'
      readonly title: string
      readonly client: string
      readonly freelancer: string
      readonly price: number
    }
  | {
      readonly kind: 'payment'
      readonly nonce: string
      readonly projectId: string
      readonly client: string
      readonly freelancer: string
      readonly price: number
    }

export interface BatchEntry {
  readonly nonce: string
  readonly line: PostedLine
}

export type Kind = Request['kind']

/** What belongs to one nonce: the entries that it should write, or the hold. */
export interface Posting {
  readonly nonce: string
  readonly lines: readonly Line[]
  readonly hold?: Line
  /** When the credits expire that it gives. */
  readonly expiresOn?: string
}

/** The price of a content in the app, and its daily reward. */
const contentPrice = 5
const reward = 1

/** Returns the postings of a request in order. None when it has no nonce. */
export function postingsOf(request: Request): readonly Posting[] {
  switch (request.kind) {
    case 'entry':
    case 'capture':
    case 'refund':
      return [{ nonce: request.nonce, lines: [request.line] }]
    case 'reward': {
      const { nonce, owner, expiresOn } = request
      return [{ nonce, lines: [{ owner, operation: 'DAILY_REWARD', amount: reward }], expiresOn }]
    }
    case 'transaction':
    case 'reversal':
      return [{ nonce: request.nonce, lines: request.lines }]
    case 'transfer': {
      const { nonce, from, to, amount } = request
      const out: Line = { owner: from, operation: 'TRANSFER_OUT', amount: -amount }
      return [{ nonce, lines: [out, { owner: to, operation: 'TRANSFER_IN', amount }] }]
    }
    case 'hold':
      return [{ nonce: request.nonce, lines: [], hold: request.line }]
    case 'batch':
      return request.entries.map(({ nonce, line }) => ({ nonce, lines: [line] }))
    case 'content': {
      const { nonce, owner } = request
      return [{ nonce, lines: [{ owner, operation: 'CONTENT_CREATION', amount: -contentPrice }] }]
    }
    case 'payment': {
      const { nonce, client, freelancer, price } = request
      const spending: Line = { owner: client, operation: 'PROJECT_SPENDING', amount: -price }
      return [
        { nonce, lines: [spending, { owner: freelancer, operation: 'PROJECT_PAYMENT', amount: price }] },
      ]
    }
    case 'release':
    case 'project':
      return []
  }
}
