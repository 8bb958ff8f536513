import { existsSync, writeFileSync } from 'node:fs'
import {
  createSigningKey,
  fingerprintOf,
  readPrivateKey,
  readPublicKey,
  writeCheckpoint,
} from '@shared-ledger/ledger/checkpoint'
import { withDatabase } from './database.ts'
import { UsageError } from './exit.ts'
import { placeOf, readGiven } from './files.ts'
import { countBar } from './progress.ts'
import { withScanConnections } from './scan-connections.ts'
import { say } from './terminal.ts'

interface CheckpointOptions {
  readonly key?: string | undefined
  readonly out?: string | undefined
  readonly 'new-key'?: string | undefined
}

/** Writes a checkpoint, or makes the key that signs one. */
export async function checkpoint(
  root: string,
  { values: { key, out, 'new-key': newKey } }: { values: CheckpointOptions },
): Promise<number> {
  if (newKey !== undefined && key === undefined && out === undefined) return makeKey(newKey)
  if (key === undefined || newKey !== undefined) throw new UsageError('Say which key signs.')
  const privateKey = readGiven(key, readPrivateKey)
  const file = out ?? `checkpoint-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}Z.jsonl`
  if (existsSync(placeOf(file))) throw new Error(`${file} already exists: a checkpoint is never replaced.`)
  return withDatabase(root, ({ directUrl }, stopped) =>
    withScanConnections(directUrl, stopped, async ([client]) => {
      const bar = countBar('accounts')
      try {
        const signed = await writeCheckpoint(client, { file: placeOf(file), privateKey, ...bar })
        bar.end()
        say(`Wrote ${file}: ${signed.accounts} accounts, root ${signed.root}, signed by ${signed.key}.`)
        return 0
      } finally {
        bar.end()
      }
    }),
  )
}

/** Makes a pair of keys in two files. */
function makeKey(file: string): number {
  const [secret, shared] = [file, `${file}.pub`]
  const taken = [secret, shared].find((each) => existsSync(placeOf(each)))
  if (taken !== undefined) throw new Error(`${taken} already exists: a key is never replaced.`)
  const { privateKey, publicKey } = createSigningKey()
  writeFileSync(placeOf(secret), privateKey, { mode: 0o600, flag: 'wx' })
  writeFileSync(placeOf(shared), publicKey, { flag: 'wx' })
  say(
    `Wrote ${secret}, the private key, which only you may read, and ${shared}, the public key, with which anybody can check.`,
  )
  say(`The fingerprint of the key is ${fingerprintOf(readPublicKey(publicKey))}.`)
  return 0
}
