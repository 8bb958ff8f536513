import { ledgerErrors } from '@shared-ledger/ledger'
import { problems } from '@shared-ledger/rest'
import { expect, test } from 'vitest'

const sqlStatesIn = (text: string) => text.match(/\b[0-9A-Z]{5}\b/g)?.filter((word) => /\d/.test(word)) ?? []

test.each(Object.entries(ledgerErrors))(
  '%s has the SQLSTATEs that it has in the ledger',
  (code, { meaning }) => {
    const problem = Object.entries(problems).find(([name]) => name === code)?.[1]
    expect(sqlStatesIn(problem?.meaning ?? '')).toEqual(sqlStatesIn(meaning))
  },
)
