import { Button, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { type Balance, type Operation, useRead, useSession } from '../../graph.ts'
import { mayPost } from '../../operations.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { type InputOf, PostingPanel } from '../../parts/posting.tsx'

/** The operations that change what may be posted to an account, as `accountOperations` of the ledger names them. */
const changes = [
  { operation: 'SPENDING_FROZEN', state: 'SPENDING_FROZEN', title: 'Freeze spending' },
  { operation: 'ACCOUNT_FROZEN', state: 'FROZEN', title: 'Freeze' },
  { operation: 'ACCOUNT_CLOSED', state: 'CLOSED', title: 'Close the account' },
  { operation: 'ACCOUNT_OPENED', state: 'OPEN', title: 'Reopen' },
] as const

type Change = (typeof changes)[number]

/** Returns the changes that lead to another state, and that the caller may post to this account. */
function changesOf({ state, book }: Balance, operations: readonly Operation[]): readonly Change[] {
  const names = new Set<string>(
    operations.filter((operation) => operation.book === book).map(({ name }) => name),
  )
  return changes.filter(
    (change) =>
      names.has(change.operation) &&
      change.state !== state &&
      (state !== 'CLOSED' || change.state === 'OPEN'),
  )
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
        <Button key={change.state} variant="default" onClick={() => setChosen(change)}>
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
