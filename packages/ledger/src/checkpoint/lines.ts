import { z } from 'zod'
import type { AccountHead } from '../proof/merkle.ts'
import { hash, moment, rootShape } from '../proof/shapes.ts'
import type { SignedRoot } from '../proof/signing.ts'

// A checkpoint is a file with one JSON value per line: the header, then each account, then the signed root.

const firstShape = z.strictObject({
  format: z.literal('shared-ledger checkpoint'),
  version: z.literal(1),
  createdOn: moment,
})

const accountShape = z.strictObject({
  book: z.string(),
  owner: z.string(),
  seq: z.int().min(0),
  head: hash,
})

const lastShape = z.strictObject(rootShape)

export function firstLine(createdOn: string): string {
  return line({ format: 'shared-ledger checkpoint', version: 1, createdOn } satisfies z.infer<
    typeof firstShape
  >)
}

export function accountLine({ book, ownerId, seq, head }: AccountHead): string {
  return line({ book, owner: ownerId, seq: Number(seq), head: head.toString('hex') } satisfies z.infer<
    typeof accountShape
  >)
}

export function lastLine({ accounts, root, key, signature }: SignedRoot): string {
  return line({ accounts, root, key, signature } satisfies z.infer<typeof lastShape>)
}

function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`
}

/** Returns the date of a checkpoint. @throws Error when the line is not the first one */
export function readFirstLine(text: string): string {
  const parsed = firstShape.safeParse(parse(text))
  if (!parsed.success) throw new Error('it does not begin as a checkpoint of version 1')
  return parsed.data.createdOn
}

/** Returns the account in a line, or the root in the last line. @throws Error when it is neither */
export function readLine(text: string): AccountHead | Omit<SignedRoot, 'createdOn'> {
  const value = parse(text)
  const account = accountShape.safeParse(value)
  if (account.success) {
    const { book, owner, seq, head } = account.data
    return { book, ownerId: owner, seq: BigInt(seq), head: Buffer.from(head, 'hex') }
  }
  const last = lastShape.safeParse(value)
  if (!last.success)
    throw new Error(`a line is neither an account nor the signed root: ${text.slice(0, 100)}`)
  return last.data
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
