import { SegmentedControl, Stack, Table, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { credits, Moment, words } from '../../formats.tsx'
import { type Lot, useRead, useSession } from '../../graph.ts'
import { accountSearch, Go, useFilters } from '../../navigation.tsx'
import { ShareBar } from '../../parts/bars.tsx'
import { Loaded, Nothing, Panel } from '../../parts/basics.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { EntryTable } from '../../parts/entries.tsx'
import { PostingPanel } from '../../parts/posting.tsx'
import { may } from '../../session.ts'
import type { Account } from './account.ts'

export function Lots({ account }: { readonly account: Account }) {
  const [filters, change] = useFilters()
  const [all, setAll] = useState(false)
  const read = useRead('Lots', { ...account, first: 50, ...(!all && { live: true }) })
  return (
    <Panel
      title="Lots"
      hint="The parts of the balance, by when they expire."
      actions={
        <SegmentedControl
          aria-label="Which lots"
          size="xs"
          data={[
            { value: 'live', label: 'With credits left' },
            { value: 'all', label: 'All' },
          ]}
          value={all ? 'all' : 'live'}
          onChange={(value) => setAll(value === 'all')}
        />
      }
    >
      <Loaded read={read}>
        {({ ledgerLots: { edges, pageInfo } }) => (
          <>
            <LotTable lots={edges.map(({ node }) => node).sort(bySoonest)} />
            {pageInfo.hasNextPage && <Text size="sm">The newest 50 are shown. There are more.</Text>}
          </>
        )}
      </Loaded>
      {filters.lot !== undefined && (
        <LotDetails id={filters.lot} onClose={() => change({ lot: undefined })} />
      )}
    </Panel>
  )
}

const bySoonest = (a: Lot, b: Lot) =>
  (a.expiresOn ?? '9').localeCompare(b.expiresOn ?? '9') || a.priority - b.priority

export function LotTable({ lots }: { readonly lots: readonly Lot[] }) {
  if (lots.length === 0) return <Nothing>No lots.</Nothing>
  return (
    <Table.ScrollContainer minWidth={560} type="native">
      <Table verticalSpacing={6} aria-label="Lots">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Lot</Table.Th>
            <Table.Th>Expires</Table.Th>
            <Table.Th ta="right">Left</Table.Th>
            <Table.Th w="30%">of</Table.Th>
            <Table.Th>Kind</Table.Th>
            <Table.Th ta="right">Priority</Table.Th>
            <Table.Th>Made by</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {lots.map(({ id, ownerId, book, expiresOn, rest, held, amount, kind, priority, entry }) => (
            <Table.Tr key={id}>
              <Table.Td>
                <Go to="/owner" search={{ ...accountSearch({ ownerId, book }), tab: 'lots', lot: id }}>
                  {id}
                </Go>
              </Table.Td>
              <Table.Td>{expiresOn === null ? 'Never' : <Moment at={expiresOn} minutes />}</Table.Td>
              <Table.Td ta="right" className="number" fw={600}>
                {credits(rest)}
              </Table.Td>
              <Table.Td>
                <ShareBar part={rest} held={held} whole={amount} />
                <Text span size="xs" c="dimmed" className="number">
                  {credits(amount)}
                  {held > 0 && `, ${credits(held)} held`}
                </Text>
              </Table.Td>
              <Table.Td>{words(kind)}</Table.Td>
              <Table.Td ta="right">{priority}</Table.Td>
              <Table.Td>
                {entry ? (
                  <Go to="/entry" search={{ id: entry.id }}>
                    #{entry.id} {entry.operationName}
                  </Go>
                ) : (
                  'Earlier balance'
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

/** One lot: the entry that made it, and the entries that took from it. */
function LotDetails({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const session = useSession()
  const read = useRead('Lot', { id })
  const [reason, setReason] = useState('')
  // A lot that was voided here keeps its form, because the form says what was posted.
  const [isVoided, setVoided] = useState(false)
  return (
    <Dialog title={`Lot ${id}`} onClose={onClose}>
      <Loaded read={read}>
        {({ ledgerLot }) =>
          ledgerLot === null ? (
            <Nothing>There is no such lot of this app.</Nothing>
          ) : (
            <Stack gap="md">
              <Text>
                <b className="number">{credits(ledgerLot.rest)}</b> of {credits(ledgerLot.amount)} credits are
                left.{' '}
                {ledgerLot.expiresOn === null ? (
                  'They never expire.'
                ) : (
                  <>
                    They expire on <Moment at={ledgerLot.expiresOn} />.
                  </>
                )}
              </Text>
              {ledgerLot.entry && <EntryTable entries={[ledgerLot.entry]} label="The entry that made it" />}
              <Text fw={600}>What took from it, and gave back to it</Text>
              <EntryTable
                label="What took from it"
                entries={ledgerLot.uses.edges.flatMap(({ node: { entry, amount } }) =>
                  entry ? [{ ...entry, amount }] : [],
                )}
              />
              {may(session, 'correct') && (ledgerLot.rest > 0 || isVoided) && (
                <>
                  <TextInput
                    label="Void it: reason"
                    value={reason}
                    onChange={(event) => setReason(event.currentTarget.value)}
                  />
                  <PostingPanel
                    name="VoidLot"
                    title="Void the lot"
                    input={reason === '' || ledgerLot.rest === 0 ? undefined : { id, metadata: { reason } }}
                    onDone={() => setVoided(true)}
                  />
                </>
              )}
            </Stack>
          )
        }
      </Loaded>
    </Dialog>
  )
}
