import { Button, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { type Balance, type Operation, useRead, useSession } from '../../graph.ts'
import { mayPost } from '../../operations.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { type InputOf, PostingPanel } from '../../parts/posting.tsx'

/** The buttons of operations that put an account in a state. */
const titles = {
  SPENDING_FROZEN: 'Freeze spending',
  FROZEN: 'Freeze',
  CLOSED: 'Close the account',
  OPEN: 'Reopen',
} satisfies Record<NonNullable<Operation['state']>, string>

interface Change {
  readonly operation: string
  readonly title: string
}

/** Returns the changes that lead to another state, of operations of the account's book. A closed one is only reopened. */
function changesOf({ state, book }: Balance, operations: readonly Operation[]): readonly Change[] {
  const possible = operations.flatMap(({ name, state: next, book: of }) =>
    next !== null && of === book && next !== state && (state !== 'CLOSED' || next === 'OPEN')
      ? [{ operation: name, next }]
      : [],
  )
  return possible.map(({ operation, next }) => {
    const isOnly = possible.filter((other) => other.next === next).length === 1
    return { operation, title: isOnly ? titles[next] : `${titles[next]} (${operation})` }
  })
}

/** Buttons that freeze, close and reopen an account, in an app with such operations. */
export function StateChanges({ balance }: { readonly balance: Balance }) {
  const session = useSession()
  const operations = useRead('Operations', {}).data?.ledgerOperations ?? []
  const [chosen, setChosen] = useState<Change>()
  const possible = changesOf(
    balance,
    operations.filter((operation) => mayPost(session, operation)),
  )
  return (
    <>
      {possible.map((change) => (
        <Button key={change.operation} variant="default" onClick={() => setChosen(change)}>
          {change.title}
        </Button>
      ))}
      {chosen && (
        <Dialog title={`${chosen.title}: ${balance.ownerId}`} onClose={() => setChosen(undefined)}>
          <StateChange ownerId={balance.ownerId} change={chosen} />
        </Dialog>
      )}
    </>
  )
}

function StateChange({ ownerId, change }: { readonly ownerId: string; readonly change: Change }) {
  const [reason, setReason] = useState('')
  // Which names the enum of the input has depends on the app. These are among its `ledgerOperations`.
  const operation = change.operation as InputOf<'PostEntry'>['operation']
  return (
    <Stack gap="sm">
      <TextInput
        label="Reason"
        description="It is in the account's history, with the entry that this posts."
        required
        data-autofocus
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <PostingPanel
        name="PostEntry"
        title={change.title}
        input={reason.trim() === '' ? undefined : { ownerId, operation, metadata: { reason } }}
      />
    </Stack>
  )
}
