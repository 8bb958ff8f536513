import { Button, Checkbox, Group, Stack, Table, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { credits, Moment, readCredits } from '../../formats.tsx'
import { type Hold, useRead, useSend, useSession } from '../../graph.ts'
import { useFilters } from '../../navigation.tsx'
import { Loaded, MomentInput, Nothing, Panel, Refusal, State } from '../../parts/basics.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { EntryTable } from '../../parts/entries.tsx'
import { PostingPanel } from '../../parts/posting.tsx'
import { useChange } from '../../parts/run.ts'
import { may } from '../../session.ts'
import type { Account } from './account.ts'

/** The live holds of the account. */
export function Holds({ account }: { readonly account: Account }) {
  const read = useRead('Holds', account)
  const [filters, change] = useFilters()
  return (
    <Panel title="Holds" hint="Credits that are set aside. The newest 100.">
      <Loaded read={read}>
        {({ ledgerHolds }) =>
          ledgerHolds.length === 0 ? (
            <Nothing>No credits are set aside.</Nothing>
          ) : (
            <Table.ScrollContainer minWidth={640} type="native">
              <Table verticalSpacing={6} aria-label="Holds">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Hold</Table.Th>
                    <Table.Th>Operation</Table.Th>
                    <Table.Th ta="right">Credits</Table.Th>
                    <Table.Th ta="right">Captured</Table.Th>
                    <Table.Th ta="right">Left</Table.Th>
                    <Table.Th>Since</Table.Th>
                    <Table.Th>Until</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {ledgerHolds.map((hold) => (
                    <Table.Tr key={hold.id}>
                      <Table.Td>
                        <Button size="compact-sm" variant="default" onClick={() => change({ hold: hold.id })}>
                          {hold.id}
                        </Button>
                      </Table.Td>
                      <Table.Td>{hold.operationName}</Table.Td>
                      <Table.Td ta="right" className="number">
                        {credits(hold.amount)}
                      </Table.Td>
                      <Table.Td ta="right" className="number">
                        {credits(hold.captured)}
                      </Table.Td>
                      <Table.Td ta="right" className="number" fw={600}>
                        {credits(hold.amount - hold.captured)}
                      </Table.Td>
                      <Table.Td>
                        <Moment at={hold.createdOn} />
                      </Table.Td>
                      <Table.Td>
                        <Moment at={hold.expiresOn} minutes />
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Loaded>
      {filters.hold !== undefined && (
        <HoldDetails id={filters.hold} onClose={() => change({ hold: undefined })} />
      )}
    </Panel>
  )
}

/** One hold: what is left of it, the entries that captured it, and what can be done with it. */
function HoldDetails({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const session = useSession()
  const read = useRead('Hold', { id })
  // A hold that was captured here keeps its form, because the form says what was posted.
  const [isCaptured, setCaptured] = useState(false)
  return (
    <Dialog title={`Hold ${id}`} onClose={onClose}>
      <Loaded read={read}>
        {({ ledgerHold: hold }) => {
          if (hold === null) return <Nothing>There is no such hold.</Nothing>
          const isLive = hold.status === 'HELD'
          return (
            <Stack gap="md">
              <Group gap="xs">
                <State of={hold.status} />
                <Text>
                  <b className="number">{credits(hold.amount)}</b> credits for {hold.operationName},{' '}
                  {credits(hold.captured)} captured
                  {isLive && (
                    <>
                      , {credits(hold.amount - hold.captured)} left until{' '}
                      <Moment at={hold.expiresOn} minutes />
                    </>
                  )}
                  .
                </Text>
              </Group>
              {hold.captures.length > 0 && <EntryTable entries={hold.captures} label="Captured by" />}
              {may(session, 'post') && (isLive || isCaptured) && (
                <Capture hold={hold} onDone={() => setCaptured(true)} />
              )}
              {may(session, 'post') && isLive && (
                <>
                  <Prolong hold={hold} />
                  <Release hold={hold} />
                </>
              )}
            </Stack>
          )
        }}
      </Loaded>
    </Dialog>
  )
}

/** Captures what is left of a hold, or a part of it. */
function Capture({ hold, onDone }: { readonly hold: Hold; readonly onDone: () => void }) {
  const { id, status } = hold
  const left = hold.amount - hold.captured
  const [text, setText] = useState<string>()
  const [keepRest, setKeepRest] = useState(false)
  const amount = text === undefined ? left : readCredits(text)
  const isComplete = status === 'HELD' && amount !== undefined && amount >= 1 && amount <= left
  return (
    <Stack gap="xs">
      {status === 'HELD' && (
        <>
          <TextInput
            label="Credits to capture"
            description={`1 to ${credits(left)}. The rest becomes available again, unless it is kept.`}
            inputMode="numeric"
            value={text ?? String(left)}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Checkbox
            label="Keep the rest for another capture"
            checked={keepRest}
            onChange={(event) => setKeepRest(event.currentTarget.checked)}
          />
        </>
      )}
      <PostingPanel
        name="CaptureHold"
        title="Capture"
        input={isComplete ? { id, amount, keepRest } : undefined}
        onDone={() => {
          setText(undefined)
          onDone()
        }}
      />
    </Stack>
  )
}

/** Sets the credits aside for longer. */
function Prolong({ hold: { id, expiresOn } }: { readonly hold: Hold }) {
  const send = useSend()
  const [until, setUntil] = useState<string>()
  const { change, error, isRunning } = useChange({ onDone: () => setUntil(undefined) })
  const isLater = until !== undefined && Date.parse(until) > Date.parse(expiresOn)
  return (
    <Stack gap="xs">
      <Group align="flex-end" gap="xs">
        <MomentInput label="Set aside until" value={until ?? expiresOn} onChange={setUntil} />
        <Button
          variant="default"
          disabled={!isLater || isRunning}
          onClick={() => isLater && void change(() => send('ProlongHold', { id, expiresOn: until }))}
        >
          Prolong
        </Button>
      </Group>
      {error && <Refusal error={error} />}
    </Stack>
  )
}

/** Makes what is left available again. */
function Release({ hold: { id } }: { readonly hold: Hold }) {
  const send = useSend()
  const { change, error, isRunning } = useChange()
  return (
    <Stack gap="xs" align="flex-start">
      <Button
        variant="default"
        disabled={isRunning}
        onClick={() => void change(() => send('ReleaseHold', { id }))}
      >
        Release without an entry
      </Button>
      {error && <Refusal error={error} />}
    </Stack>
  )
}
