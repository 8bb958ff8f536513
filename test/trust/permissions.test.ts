import { documents } from '@shared-ledger/console'
import { Kind } from 'graphql'
import { describe, expect, test } from 'vitest'
import { tableOf } from '../../docs/test/markdown.ts'
import { openApps } from './apps.ts'
import { type Caller, callers, type Received } from './callers.ts'
import { calls } from './ledger-calls.ts'

const columns = ['fields', '`read`', '`post`', '`correct`', '`admin`', 'an owner'] as const
type Column = (typeof columns)[number]

const rows = tableOf('docs/security.md', columns)
const { freelance, known, fields, rows: written } = await openApps()

/** What the table in the docs says about a caller with one scope: answered, refused, or as if nothing were there. */
type Verdict = 'answered' | 'FORBIDDEN' | 'absent'

const verdicts: Readonly<Record<string, { readonly own: Verdict; readonly other: Verdict }>> = {
  yes: { own: 'answered', other: 'answered' },
  no: { own: 'FORBIDDEN', other: 'FORBIDDEN' },
  'with correct': { own: 'FORBIDDEN', other: 'FORBIDDEN' },
  'with post': { own: 'FORBIDDEN', other: 'FORBIDDEN' },
  'its own': { own: 'answered', other: 'FORBIDDEN' },
  'its own, else null': { own: 'answered', other: 'absent' },
}

function verdictOf(row: Record<string, string>, caller: Caller): Verdict {
  if (caller === 'all') return 'answered'
  if (caller === 'nobody') return row[columns[5]] === 'yes' ? 'answered' : 'FORBIDDEN'
  const isOwner = 'owner' in callers[caller]
  const column: Column = isOwner ? 'an owner' : `\`${caller as 'read'}\``
  const verdict = verdicts[row[column] ?? '']
  if (!verdict) throw new Error(`The table says ${row[column]} of ${row.fields}.`)
  return caller === 'eve' ? verdict.other : verdict.own
}

const cells = rows.flatMap((row) =>
  (row.fields ?? '').split(', ').flatMap((field) =>
    Object.keys(callers).map((name) => {
      const caller = name as Caller
      return { field, caller, verdict: verdictOf(row, caller) }
    }),
  ),
)

const nonce = () => crypto.randomUUID()

/** Returns what a document was answered for the field under its alias `it`. */
function ofGraph({ json }: Received): Verdict {
  const { data, errors } = json
  if (errors) return errors[0].extensions.code
  return data.it === null ? 'absent' : 'answered'
}

function ofRest({ status, json }: Received): Verdict {
  if (status === 403) return json.code
  if (status === 404 && /^(ENTRY|TRANSACTION|HOLD|LOT)_NOT_FOUND$/.test(json.code)) return 'absent'
  expect(status, JSON.stringify(json)).toBeLessThan(500)
  return 'answered'
}

test('the table names each root field of both apps, once', () => {
  const named = rows.flatMap((row) => (row.fields ?? '').split(', '))
  expect([...named].sort()).toEqual([...fields.keys()].sort())
})

/** Fields of parts that these apps do not have. The text below the table has them. */
const ofOtherApps = ['exchangeCredits']

test('the console asks for nothing that the table does not have', () => {
  const asked = documents.flatMap(({ definitions }) =>
    definitions.flatMap((definition) =>
      definition.kind === Kind.OPERATION_DEFINITION
        ? definition.selectionSet.selections.flatMap((each) =>
            each.kind === Kind.FIELD ? [each.name.value] : [],
          )
        : [],
    ),
  )
  expect(asked.length).toBeGreaterThan(20)
  expect(asked.filter((name) => !fields.has(name) && !ofOtherApps.includes(name))).toEqual([])
})

describe.each(cells)('$field, asked for by $caller: $verdict', ({ field, caller, verdict }) => {
  const { served, root } = fields.get(field) ?? { served: freelance, root: 'Query' }
  const call = calls[field]
  /** Sends a request, and checks that a refused one writes nothing. */
  const expectVerdict = async (ask: () => Promise<Verdict>) => {
    const before = await written()
    expect(await ask()).toBe(verdict)
    if (verdict === 'FORBIDDEN') expect(await written()).toBe(before)
  }

  if (call) {
    const keyword = root.toLowerCase()
    const selection = () => `${field}${call.field(known, nonce())}`

    test('by a new document, and by a known one', async () => {
      const document = `${keyword} { it: ${selection()} } # ${nonce()}`
      for (let time = 1; time <= 3; time += 1) {
        await expectVerdict(async () => ofGraph(await served.graphql(caller, document)))
      }
    })

    test('by an alias in a fragment beside introspection', async () => {
      const document = `${keyword} { __typename ...Part ... on ${root} { again: __typename } }
        fragment Part on ${root} { __typename it: ${selection()} }`
      await expectVerdict(async () => ofGraph(await served.graphql(caller, document)))
    })

    if (call.rest) {
      const { rest } = call
      test('by REST', async () => {
        const [method, path, body] = rest(known, nonce())
        await expectVerdict(async () => ofRest(await served.rest(caller, method, path, body)))
      })
    }
  } else {
    test('by a subscription', async () => {
      const document = `subscription { it: ${field}(ownerId: "ann", after: "") { cursor } }`
      const text = await served.stream(caller, document, /"(?:cursor|code)"/)
      const code = /"code":"(\w+)"/.exec(text)?.[1]
      expect(code ?? (text.includes('"cursor"') ? 'answered' : text)).toBe(verdict)
    })
  }
})
