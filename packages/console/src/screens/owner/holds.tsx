import { Button, Group, Modal, Stack, Table, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { credits, Moment, readCredits } from '../../formats.tsx'
import { type Hold, useRead, useSend, useSession } from '../../graph.ts'
import { Go, useFilters } from '../../navigation.tsx'
import { Loaded, Nothing, Panel, Refusal, State } from '../../parts/basics.tsx'
import { PostingPanel } from '../../parts/posting.tsx'
import { may, Refused } from '../../session.ts'
import type { Account } from './account.ts'

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
            <Table.ScrollContainer minWidth={560} type="native">
              <Table verticalSpacing={6} aria-label="Holds">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Hold</Table.Th>
                    <Table.Th>Operation</Table.Th>
                    <Table.Th ta="right">Credits</Table.Th>
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

function HoldDetails({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const session = useSession()
  const read = useRead('Hold', { id })
  return (
    <Modal
      opened
      onClose={onClose}
      title={`Hold ${id}`}
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Loaded read={read}>
        {({ ledgerHold }) =>
          ledgerHold === null ? (
            <Nothing>There is no such hold.</Nothing>
          ) : (
            <Stack gap="md">
              <Group gap="xs">
                <State of={ledgerHold.status} />
                <Text>
                  <b className="number">{credits(ledgerHold.amount)}</b> credits for{' '}
                  {ledgerHold.operationName}
                </Text>
                {ledgerHold.capturedBy && (
                  <Go to="/entry" search={{ id: ledgerHold.capturedBy.id }}>
                    Captured by entry #{ledgerHold.capturedBy.id}
                  </Go>
                )}
              </Group>
              {may(session, 'post') && ledgerHold.status === 'HELD' && <EndHold hold={ledgerHold} />}
            </Stack>
          )
        }
      </Loaded>
    </Modal>
  )
}

/** Captures a hold, or a part of it, or releases it. */
function EndHold({ hold: { id, amount } }: { readonly hold: Hold }) {
  const [text, setText] = useState(String(amount))
  const given = readCredits(text)
  const send = useSend()
  const [error, setError] = useState<Pick<Refused, 'code' | 'message'>>()
  const release = async () => {
    try {
      const { data } = await send('ReleaseHold', { id })
      setError('code' in data.outcome ? data.outcome : undefined)
    } catch (failure) {
      if (!(failure instanceof Refused)) throw failure
      setError(failure)
    }
  }
  return (
    <>
      <TextInput
        label="Credits to capture"
        description={`1 to ${credits(amount)}. The rest becomes available again.`}
        inputMode="numeric"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <PostingPanel
        name="CaptureHold"
        title="Capture"
        input={given === undefined || given < 1 || given > amount ? undefined : { id, amount: given }}
      />
      <Group>
        <Button variant="default" onClick={() => void release()}>
          Release without an entry
        </Button>
      </Group>
      {error && <Refusal error={error} />}
    </>
  )
}
