import { type ListedKey, openRegister } from '@shared-ledger/ledger/keys'
import { withConnection } from '@shared-ledger/postgres'
import { withDatabase } from './database.ts'
import { UsageError } from './exit.ts'
import { type CreateOptions, readKeyId, readNewKey } from './key-options.ts'
import { tableOf } from './table.ts'
import { say } from './terminal.ts'

type Register = Awaited<ReturnType<typeof openRegister>>

/** Makes, lists or revokes keys. */
export async function keys(
  root: string,
  { positionals, values }: { positionals: string[]; values: CreateOptions },
): Promise<number> {
  const { app, run } = actionOf(positionals, values)
  return withDatabase(root, ({ directUrl }) =>
    withConnection(directUrl, async (connection) => run(await openRegister(connection, app))),
  )
}

/** Returns what to do, before it connects to a database. @throws Error that says what is missing or wrong */
function actionOf([action, app, id, ...more]: readonly string[], values: CreateOptions) {
  if (action === undefined || !['create', 'list', 'revoke'].includes(action)) {
    throw new UsageError('Say what to do: create, list or revoke.')
  }
  if (app === undefined) throw new UsageError(`Name the app, such as: ${action} content.`)
  const [unknown] = action === 'revoke' ? more : [id, ...more].filter((each) => each !== undefined)
  if (unknown !== undefined) throw new UsageError(`${action} does not take ${JSON.stringify(unknown)}.`)
  const [option] = action === 'create' ? [] : Object.keys(values)
  if (option !== undefined) throw new UsageError(`${action} does not take --${option}.`)
  return { app, run: runOf(action, { app, id, values }) }
}

function runOf(
  action: string,
  { app, id, values }: { app: string; id: string | undefined; values: CreateOptions },
): (register: Register) => Promise<number> {
  if (action === 'list') return (register) => list(register, app)
  if (action === 'create') {
    const wanted = readNewKey(values)
    return (register) => create(register, app, wanted)
  }
  const keyId = readKeyId(id)
  return (register) => revoke(register, app, keyId)
}

async function create(
  register: Register,
  app: string,
  wanted: ReturnType<typeof readNewKey>,
): Promise<number> {
  const { text, key, isFirst } = await register.create(wanted)
  say(`The key ${key.id} of ${app} (${key.name}) ${rightsOf(key)}, ${endOf(key)}.`)
  if (isFirst) say(`It is the first key of ${app}. Its servers require keys from their next start on.`)
  say('It is shown only once. Keep it with your secrets, and send it as: Authorization: Bearer …')
  say(text)
  return 0
}

async function list(register: Register, app: string): Promise<number> {
  const keys = await register.list()
  if (keys.length === 0) {
    say(`No key of ${app} was ever made: npx shared-ledger keys create ${app} --name ci --scopes read,post`)
    return 0
  }
  const rows = keys.map((key) => [
    key.id,
    key.name,
    key.ownerId === null ? key.scopes.join(',') : `owner ${JSON.stringify(key.ownerId)}`,
    minuteOf(key.createdOn),
    key.expiresOn === null ? 'never' : minuteOf(key.expiresOn),
    key.lastUsedOn === null ? 'never' : minuteOf(key.lastUsedOn),
    stateOf(key),
  ])
  for (const line of tableOf(['id', 'name', 'may', 'created', 'expires', 'last used', 'state'], rows))
    say(line)
  return 0
}

async function revoke(register: Register, app: string, id: string): Promise<number> {
  const revoked = await register.revoke(id)
  if (!revoked)
    throw new Error(`There is no key ${id} of ${app}. Its keys: npx shared-ledger keys list ${app}`)
  const { key, wasLive } = revoked
  if (wasLive)
    say(`The key ${id} of ${app} (${key.name}) is revoked: every server refuses it within a second.`)
  else say(`The key ${id} of ${app} (${key.name}) was ${stateOf(key)} before.`)
  return 0
}

function rightsOf({ scopes, ownerId }: ListedKey): string {
  return ownerId === null ? `may ${scopes.join(', ')}` : `reads the account of ${JSON.stringify(ownerId)}`
}

function endOf({ expiresOn }: ListedKey): string {
  return expiresOn === null ? 'until it is revoked' : `until ${minuteOf(expiresOn)}`
}

function stateOf({ revokedOn, isExpired }: ListedKey): string {
  if (revokedOn !== null) return `revoked ${minuteOf(revokedOn)}`
  return isExpired ? 'expired' : 'live'
}

function minuteOf(moment: Date): string {
  return `${moment.toISOString().slice(0, 16)}Z`
}
