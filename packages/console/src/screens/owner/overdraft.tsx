import { Button, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { readCredits } from '../../formats.tsx'
import { type Balance, useSend } from '../../graph.ts'
import { Refusal } from '../../parts/basics.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { useChange } from '../../parts/run.ts'
import type { Account } from './account.ts'

/** A button that sets how far below 0 the balance may go. */
export function Overdraft({ account, balance }: { readonly account: Account; readonly balance: Balance }) {
  const [isOpen, setOpen] = useState(false)
  const close = () => setOpen(false)
  return (
    <>
      <Button variant="default" onClick={() => setOpen(true)}>
        Set overdraft
      </Button>
      {isOpen && (
        <Dialog title="Set overdraft" onClose={close}>
          <OverdraftForm account={account} present={balance.overdraft ?? 0} onDone={close} />
        </Dialog>
      )}
    </>
  )
}

function OverdraftForm({
  account,
  present,
  onDone,
}: {
  account: Account
  present: number
  onDone: () => void
}) {
  const send = useSend()
  const [text, setText] = useState(String(present))
  const limit = readCredits(text)
  const { change, error, isRunning } = useChange({ onDone })
  return (
    <Stack gap="sm">
      <TextInput
        label="Credits below 0"
        inputMode="numeric"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {error && <Refusal error={error} />}
      <Button
        disabled={limit === undefined || isRunning}
        onClick={() => limit !== undefined && void change(() => send('SetOverdraft', { ...account, limit }))}
      >
        Set
      </Button>
    </Stack>
  )
}
