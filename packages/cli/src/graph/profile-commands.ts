import { text } from 'node:stream/consumers'
import { exitCodes } from '../exit.ts'
import { readGiven } from '../files.ts'
import { assertMayAsk, confirmed, given, secret } from '../questions.ts'
import { tableOf } from '../table.ts'
import { answerPrinter, isInteractive, say } from '../terminal.ts'
import { type Profile, profileNamed, profilesFile, readProfiles, writeProfiles } from './profiles.ts'
import { inSession } from './session.ts'
import { graphOf } from './target.ts'

interface Added {
  readonly positionals: readonly string[]
  readonly values: {
    readonly url?: string | undefined
    readonly 'key-file'?: string | undefined
    readonly book?: string | undefined
    readonly json: boolean
  }
}

/** Lists the profiles, without their keys. */
export async function profiles({
  values: { json },
}: {
  readonly values: { readonly json: boolean }
}): Promise<number> {
  const { current, profiles: all } = readProfiles()
  const listed = Object.entries(all).map(([name, { url, key, book }]) => ({
    name,
    url,
    hasKey: key !== undefined,
    book: book ?? null,
    inUse: name === current,
  }))
  if (json) say(JSON.stringify({ file: profilesFile(), profiles: listed }))
  else if (listed.length === 0)
    say('There is no profile yet: shared-ledger profiles add local --url http://localhost:4001')
  else {
    const rows = listed.map(({ name, url, hasKey, book, inUse }) => [
      inUse ? '*' : '',
      name,
      url,
      hasKey ? 'yes' : 'no',
      book ?? '',
    ])
    for (const line of tableOf(['', 'name', 'url', 'key', 'book'], rows)) say(line)
  }
  return exitCodes.done
}

/** Adds or replaces a profile, and uses it from then on. It is kept only if the app answers with its key. */
export async function addProfile({ positionals, values }: Added): Promise<number> {
  const name = await given(positionals[0], { name: 'NAME', question: 'What is it called?' })
  const url = graphOf(await given(values.url, { name: '--url', question: "The app's address?" }))
  const key = await keyOf(values['key-file'])
  const profile: Profile = {
    url,
    ...(key !== undefined && { key }),
    ...(values.book !== undefined && { book: values.book }),
  }
  return inSession(
    { values: { json: values.json } },
    async ({ graph, answer }) => {
      const operations = await graph.operations()
      writeProfiles({ current: name, profiles: { ...readProfiles().profiles, [name]: profile } })
      answer({ name, url }, [
        `The profile ${name} is in use: ${url}, ${operations.length} operations. It is kept in ${profilesFile()}.`,
      ])
      return exitCodes.done
    },
    { target: profile },
  )
}

/** Uses a profile from now on. */
export async function useProfile({
  positionals,
  values: { json },
}: {
  readonly positionals: readonly string[]
  readonly values: { readonly json: boolean }
}): Promise<number> {
  const known = readProfiles()
  const name = await given(positionals[0], { name: 'NAME', question: 'Which profile?' })
  profileNamed(name, known.profiles)
  writeProfiles({ ...known, current: name })
  answerPrinter(json)({ name }, [`The profile ${name} is in use.`])
  return exitCodes.done
}

/** Forgets a profile, and its key. The key itself stays valid until it is revoked. */
export async function removeProfile({
  positionals,
  values,
}: {
  readonly positionals: readonly string[]
  readonly values: { readonly yes: boolean; readonly json: boolean }
}): Promise<number> {
  assertMayAsk(values.yes)
  const { current, profiles: all } = readProfiles()
  const name = await given(positionals[0], { name: 'NAME', question: 'Which profile?' })
  profileNamed(name, all)
  if (!values.yes) await confirmed(`Forget the profile ${name} and its key?`)
  const { [name]: _, ...rest } = all
  writeProfiles({ current: current === name ? undefined : current, profiles: rest })
  answerPrinter(values.json)({ name }, [
    `The profile ${name} is gone. Its key works until it is revoked: npx shared-ledger keys revoke`,
  ])
  return exitCodes.done
}

// A key is no argument: other users of the machine can see the arguments of a command.
async function keyOf(file: string | undefined): Promise<string | undefined> {
  if (file === '-') return (await text(process.stdin)).trim() || undefined
  if (file !== undefined) return readGiven(file, (key) => key.trim()) || undefined
  if (process.env.SHARED_LEDGER_KEY) return process.env.SHARED_LEDGER_KEY
  if (!isInteractive()) return undefined
  return (
    (await secret({ name: '--key-file', question: 'Its key? Leave it empty for an app without keys.' })) ||
    undefined
  )
}
