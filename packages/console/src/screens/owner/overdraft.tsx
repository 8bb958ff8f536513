import { Button, Modal, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { readCredits } from '../../formats.tsx'
import { type Balance, useSend } from '../../graph.ts'
import { Refusal } from '../../parts/basics.tsx'
import { Refused } from '../../session.ts'
import type { Account } from './account.ts'

/** Sets how far below 0 the balance may go. */
export function Overdraft({
  account,
  balance,
}: {
  readonly account: Account
  readonly balance: Balance | undefined
}) {
  const send = useSend()
  const [isOpen, setOpen] = useState(false)
  const [text, setText] = useState('')
  const [error, setError] = useState<Pick<Refused, 'code' | 'message'>>()
  const limit = readCredits(text)
  const set = async () => {
    if (limit === undefined) return
    try {
      const { data } = await send('SetOverdraft', { ...account, limit })
      if ('code' in data.outcome) setError(data.outcome)
      else setOpen(false)
    } catch (failure) {
      if (!(failure instanceof Refused)) throw failure
      setError(failure)
    }
  }
  return (
    <>
      <Button
        variant="default"
        onClick={() => {
          setText(String(balance?.overdraft ?? 0))
          setError(undefined)
          setOpen(true)
        }}
      >
        Set overdraft
      </Button>
      <Modal
        opened={isOpen}
        onClose={() => setOpen(false)}
        title="Set overdraft"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <Stack gap="sm">
          <TextInput
            label="Credits below 0"
            inputMode="numeric"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          {error && <Refusal error={error} />}
          <Button disabled={limit === undefined} onClick={() => void set()}>
            Set
          </Button>
        </Stack>
      </Modal>
    </>
  )
}
