import { writeFileSync } from 'node:fs'
import { openCheckpoint, proveEntry } from '@shared-ledger/ledger/checkpoint'
import { checkProof, readPublicKey } from '@shared-ledger/ledger/proof'
import { withConnection } from '@shared-ledger/postgres'
import { withDatabase } from './database.ts'
import { UsageError } from './exit.ts'
import { placeOf, readGiven } from './files.ts'
import { say } from './terminal.ts'

interface ProveOptions {
  readonly checkpoint?: string | undefined
  readonly 'public-key'?: string | undefined
  readonly out?: string | undefined
  readonly check?: string | undefined
}

/** Writes a proof, or checks one. */
export async function prove(
  root: string,
  { positionals, values }: { positionals: string[]; values: ProveOptions },
): Promise<number> {
  const { checkpoint, 'public-key': key, out, check } = values
  const [app, id, ...more] = positionals
  if (key === undefined) throw new UsageError('Say by which public key.')
  const publicKey = readGiven(key, readPublicKey)
  if (check !== undefined && positionals.length === 0 && checkpoint === undefined && out === undefined) {
    const result = checkProof(readGiven(check, parseProof), publicKey)
    if (!result.ok) throw new Error(`${check} proves nothing. ${result.reason}`)
    const { ownerId, seq, operation, amount, balanceAfter, createdOn } = result.entry
    say(
      `${check} is right: on ${result.provenOn} the ledger had entry ${result.entry.id} of ${JSON.stringify(ownerId)}, seq ${seq}, ` +
        `${operation} of ${amount} on ${createdOn}, which left a balance of ${balanceAfter}.`,
    )
    return 0
  }
  if (
    app === undefined ||
    id === undefined ||
    more.length > 0 ||
    checkpoint === undefined ||
    check !== undefined
  ) {
    throw new UsageError('Say which entry, and by which checkpoint.')
  }
  const opened = await openCheckpoint(placeOf(checkpoint), [publicKey])
  return withDatabase(root, ({ directUrl }) =>
    withConnection(directUrl, async (client) => {
      const proof = await proveEntry(client, { app, id, checkpoint: opened })
      const file = out ?? `proof-${app}-${id}.json`
      writeFileSync(placeOf(file), `${JSON.stringify(proof, null, 2)}\n`)
      say(`Wrote ${file}.`)
      return 0
    }),
  )
}

function parseProof(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('It is not JSON.')
  }
}
