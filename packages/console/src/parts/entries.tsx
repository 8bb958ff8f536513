import { Badge, Button, Group, Select, Table, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Change, credits, Moment } from '../formats.tsx'
import { type Entry, useRead, type VariablesOf } from '../graph.ts'
import { accountSearch, firstPage, Go, type Search, useFilters } from '../navigation.tsx'
import { MomentInput, Nothing } from './basics.tsx'

/** A list of entries. */
export function EntryTable({
  entries,
  withOwner = false,
  label = 'Entries',
}: {
  readonly entries: readonly Entry[]
  readonly withOwner?: boolean
  readonly label?: string
}) {
  if (entries.length === 0) return <Nothing>No entries.</Nothing>
  return (
    <Table.ScrollContainer minWidth={560} type="native">
      <Table highlightOnHover verticalSpacing={6} aria-label={label}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Entry</Table.Th>
            <Table.Th>When</Table.Th>
            {withOwner && <Table.Th>Owner</Table.Th>}
            <Table.Th>Operation</Table.Th>
            <Table.Th ta="right">Amount</Table.Th>
            <Table.Th ta="right">Balance after</Table.Th>
            <Table.Th>Note</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {entries.map((entry) => (
            <Table.Tr key={entry.id}>
              <Table.Td>
                <Go to="/entry" search={{ id: entry.id }}>
                  #{entry.id}
                </Go>
              </Table.Td>
              <Table.Td>
                <Moment at={entry.createdOn} />
              </Table.Td>
              {withOwner && (
                <Table.Td className="breaks">
                  <Go to="/owner" search={accountSearch(entry)}>
                    {entry.ownerId}
                  </Go>
                </Table.Td>
              )}
              <Table.Td>{entry.operationName}</Table.Td>
              <Table.Td ta="right">
                <Change amount={entry.amount} />
              </Table.Td>
              <Table.Td ta="right" className="number">
                {credits(entry.balanceAfter)}
              </Table.Td>
              <Table.Td>
                <Note entry={entry} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

/** What an entry is besides its operation, and its metadata. */
function Note({ entry: { reverses, refunds, holdId, metadata } }: { readonly entry: Entry }) {
  const pairs = Object.entries(metadata)
  return (
    <Group gap={6}>
      {reverses !== null && <Badge variant="default">reverses #{reverses}</Badge>}
      {refunds !== null && <Badge variant="default">refunds #{refunds}</Badge>}
      {holdId !== null && <Badge variant="default">captures hold {holdId}</Badge>}
      {pairs.length > 0 && (
        <Text span size="sm" c="dimmed" className="breaks" lineClamp={1}>
          {pairs.map(([key, value]) => `${key}: ${value}`).join(', ')}
        </Text>
      )}
    </Group>
  )
}

/** What the filters in the address ask of a list of entries. */
export function entryFilters({ operation, from, to, key, value }: Search) {
  return {
    ...(operation !== undefined && { operations: [operation] as VariablesOf<'Entries'>['operations'] }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(key !== undefined && { metadata: { key, value: value ?? '' } }),
  }
}

/** The field that chooses one operation of the app, or all. */
export function OperationFilter({
  value,
  onChange,
}: {
  readonly value: string | undefined
  readonly onChange: (operation: string | undefined) => void
}) {
  const operations = useRead('Operations', {}).data?.ledgerOperations ?? []
  return (
    <Select
      label="Operation"
      placeholder="All"
      clearable
      searchable
      clearButtonProps={{ 'aria-label': 'All operations' }}
      data={operations.map(({ name }) => name)}
      value={value ?? null}
      onChange={(operation) => onChange(operation ?? undefined)}
    />
  )
}

/** The fields that filter a list of entries. */
export function EntryFilters() {
  const [filters, change] = useFilters()
  const [pair, setPair] = useState({ key: filters.key ?? '', value: filters.value ?? '' })
  const filter = (changed: Search) => change({ ...firstPage, ...changed })
  const isFiltered = [filters.operation, filters.from, filters.to, filters.key].some(
    (each) => each !== undefined,
  )
  return (
    <form
      className="filters"
      aria-label="Filters"
      onSubmit={(event) => {
        event.preventDefault()
        filter({ key: pair.key, value: pair.key === '' ? undefined : pair.value })
      }}
    >
      <OperationFilter value={filters.operation} onChange={(operation) => filter({ operation })} />
      <MomentInput label="From" value={filters.from} onChange={(from) => filter({ from })} />
      <MomentInput label="Before" value={filters.to} onChange={(to) => filter({ to })} />
      <TextInput
        label="Metadata key"
        value={pair.key}
        onChange={(event) => setPair({ ...pair, key: event.currentTarget.value })}
      />
      <TextInput
        label="and its value"
        value={pair.value}
        onChange={(event) => setPair({ ...pair, value: event.currentTarget.value })}
      />
      <Button type="submit" variant="default">
        Filter
      </Button>
      {isFiltered && (
        <Button
          variant="subtle"
          onClick={() => {
            setPair({ key: '', value: '' })
            filter({ operation: undefined, from: undefined, to: undefined, key: undefined, value: undefined })
          }}
        >
          Clear
        </Button>
      )}
    </form>
  )
}

interface Ends {
  readonly startCursor: string | null
  readonly endCursor: string | null
  readonly hasPreviousPage: boolean
  readonly hasNextPage: boolean
}

export const pageSize = 25

/** The page that the address asks for. */
export function pageOf({ after, before }: Search) {
  if (before !== undefined) return { before, last: pageSize }
  return { ...(after !== undefined && { after }), first: pageSize }
}

/** Leads to the pages before and after. */
export function Pager({
  ends,
  words: [back, on] = ['Newer', 'Older'],
}: {
  ends: Ends
  words?: readonly [string, string]
}) {
  const [, change] = useFilters()
  const { startCursor, endCursor, hasPreviousPage, hasNextPage } = ends
  return (
    <Group justify="flex-end" gap="xs" mt="sm">
      <Button
        variant="default"
        disabled={!hasPreviousPage || startCursor === null}
        onClick={() => change({ before: startCursor ?? undefined, after: undefined })}
      >
        {back}
      </Button>
      <Button
        variant="default"
        disabled={!hasNextPage || endCursor === null}
        onClick={() => change({ after: endCursor ?? undefined, before: undefined })}
      >
        {on}
      </Button>
    </Group>
  )
}
