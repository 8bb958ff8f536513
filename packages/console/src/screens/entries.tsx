import { Badge, Button, Group, Stack, Table, Text } from '@mantine/core'
import { useState } from 'react'
import { Change, credits } from '../formats.tsx'
import { useAsk, useRead } from '../graph.ts'
import { Go, type Search, useFilters } from '../navigation.tsx'
import { Heading, Loaded, Panel, Refusal } from '../parts/basics.tsx'
import { EntryFilters, EntryTable, entryFilters, Pager, pageOf } from '../parts/entries.tsx'
import { Refused } from '../session.ts'

/** The entries of the whole app, with filters. */
export default function EntriesScreen() {
  const [filters] = useFilters()
  const variables = {
    ...entryFilters(filters),
    ...(filters.book !== undefined && { book: filters.book as never }),
  }
  const read = useRead('Entries', { ...variables, ...pageOf(filters) })
  return (
    <Stack gap="md">
      <Heading title="Entries" hint="Everything that was posted in this app, newest first." />
      <EntryFilters />
      <BySums key={JSON.stringify(variables)} filters={filters} />
      <Panel title="Entries">
        <Loaded read={read} rows={8}>
          {({ ledgerEntries: { edges, pageInfo } }) => (
            <>
              <EntryTable entries={edges.map(({ node }) => node)} withOwner />
              <Pager ends={pageInfo} />
            </>
          )}
        </Loaded>
      </Panel>
    </Stack>
  )
}

/** How many entries are summed up before the viewer is asked whether to go on. */
const step = 1_000

interface Sum {
  readonly ownerId: string
  readonly count: number
  readonly amount: bigint
}

/** Sums up the filtered entries by owner: who spent or got most. It reads all of them, a page at a time. */
function BySums({ filters }: { readonly filters: Search }) {
  const ask = useAsk()
  const [sums, setSums] = useState<ReadonlyMap<string, Sum>>(new Map())
  const [state, setState] = useState<{
    count: number
    after: string | null
    isOver: boolean
    isRunning: boolean
  }>({
    count: 0,
    after: null,
    isOver: false,
    isRunning: false,
  })
  const [error, setError] = useState<Refused>()

  const sumUp = async () => {
    const next = new Map(sums)
    let { count, after } = state
    const until = count + step
    setState({ ...state, isRunning: true })
    setError(undefined)
    try {
      let isOver = false
      while (!isOver && count < until) {
        const { ledgerEntries } = await ask('Entries', {
          ...entryFilters(filters),
          first: 100,
          ...(after !== null && { after }),
        })
        for (const { node } of ledgerEntries.edges) {
          const { ownerId } = node
          const known = next.get(ownerId) ?? { ownerId, count: 0, amount: 0n }
          next.set(ownerId, { ownerId, count: known.count + 1, amount: known.amount + BigInt(node.amount) })
          count += 1
        }
        after = ledgerEntries.pageInfo.endCursor ?? after
        isOver = !ledgerEntries.pageInfo.hasNextPage
        setState({ count, after, isOver, isRunning: true })
      }
      setSums(next)
      setState({ count, after, isOver, isRunning: false })
    } catch (failure) {
      setState({ count: state.count, after: state.after, isOver: false, isRunning: false })
      setError(
        failure instanceof Refused ? failure : new Refused({ code: 'FAULT', message: String(failure) }),
      )
    }
  }

  const sorted = [...sums.values()].sort((a, b) => Number(magnitude(b.amount) - magnitude(a.amount)))
  const most = sorted[0] ? magnitude(sorted[0].amount) : 1n
  return (
    <Panel
      title="By owner"
      hint="Who got or spent most, among the entries that the filters let through."
      actions={
        !state.isOver && (
          <Button variant="default" disabled={state.isRunning} onClick={() => void sumUp()}>
            {state.isRunning
              ? `Reading: ${credits(state.count)} …`
              : state.count === 0
                ? 'Sum up by owner'
                : 'Read on'}
          </Button>
        )
      }
    >
      {error && <Refusal error={error} />}
      {state.count > 0 && !state.isRunning && (
        <Text size="sm" mb="xs">
          {state.isOver
            ? `All ${credits(state.count)} entries.`
            : `The newest ${credits(state.count)} entries. There are more.`}
        </Text>
      )}
      {sorted.length > 0 && (
        <Table verticalSpacing={4} aria-label="Sums by owner">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Owner</Table.Th>
              <Table.Th ta="right">Entries</Table.Th>
              <Table.Th ta="right">Credits</Table.Th>
              <Table.Th w="35%" className="wide-only" aria-hidden="true" />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {sorted.slice(0, 20).map(({ ownerId, count, amount }, index) => (
              <Table.Tr key={ownerId}>
                <Table.Td className="breaks">
                  <Group gap="xs">
                    <Go to="/owner" search={{ id: ownerId }}>
                      {ownerId}
                    </Go>
                    {index === 0 && state.isOver && <Badge variant="default">most</Badge>}
                  </Group>
                </Table.Td>
                <Table.Td ta="right" className="number">
                  {credits(count)}
                </Table.Td>
                <Table.Td ta="right">
                  <Change amount={amount} />
                </Table.Td>
                <Table.Td className="wide-only" aria-hidden="true">
                  <span className="share">
                    <span
                      className="share-part"
                      style={{ width: `${Number((magnitude(amount) * 100n) / (most || 1n))}%` }}
                    />
                  </span>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Panel>
  )
}

const magnitude = (amount: bigint) => (amount < 0n ? -amount : amount)
