import { Select, Table, TextInput } from '@mantine/core'
import { useState } from 'react'
import { credits, Moment } from '../formats.tsx'
import { useRead } from '../graph.ts'
import { accountSearch, firstPage, Go, useFilters } from '../navigation.tsx'
import { Heading, Loaded, Nothing, Panel, State } from '../parts/basics.tsx'
import { Pager, pageOf } from '../parts/entries.tsx'

const orders = [
  { value: 'OWNER', label: 'Owner' },
  { value: 'HIGHEST_BALANCE', label: 'Highest balance' },
  { value: 'LAST_CHANGED', label: 'Last changed' },
] as const

/** The accounts of the app. */
export default function OwnersScreen() {
  const [filters, change] = useFilters()
  const [prefix, setPrefix] = useState(filters.prefix ?? '')
  const order = orders.find(({ value }) => value === filters.order)?.value ?? 'OWNER'
  const read = useRead('Accounts', {
    ...(filters.prefix !== undefined && { prefix: filters.prefix }),
    ...(filters.book !== undefined && { book: filters.book as never }),
    order,
    ...pageOf(filters),
  })
  return (
    <>
      <Heading title="Owners" hint="Every account of this app." />
      <form
        className="filters"
        onSubmit={(event) => {
          event.preventDefault()
          change({ ...firstPage, prefix })
        }}
      >
        <TextInput
          label="Owner begins with"
          value={prefix}
          onChange={(event) => setPrefix(event.currentTarget.value)}
          onBlur={() => prefix !== (filters.prefix ?? '') && change({ ...firstPage, prefix })}
        />
        <Select
          label="Sorted by"
          data={[...orders]}
          value={order}
          allowDeselect={false}
          onChange={(value) =>
            change({ ...firstPage, order: value === 'OWNER' ? undefined : (value ?? undefined) })
          }
        />
      </form>
      <Panel title="Accounts">
        <Loaded read={read} rows={8}>
          {({ ledgerAccounts: { edges, pageInfo } }) =>
            edges.length === 0 ? (
              <Nothing>No owner begins so.</Nothing>
            ) : (
              <>
                <Table.ScrollContainer minWidth={560} type="native">
                  <Table highlightOnHover verticalSpacing={6} aria-label="Accounts">
                    <Table.Thead>
                      <Table.Tr>
                        <Table.Th>Owner</Table.Th>
                        <Table.Th>State</Table.Th>
                        <Table.Th ta="right">Balance</Table.Th>
                        <Table.Th ta="right">Available</Table.Th>
                        <Table.Th ta="right">Entries</Table.Th>
                        <Table.Th>Last changed</Table.Th>
                      </Table.Tr>
                    </Table.Thead>
                    <Table.Tbody>
                      {edges.map(({ node: { id, ownerId, book, balance, entryCount, updatedOn } }) => (
                        <Table.Tr key={id}>
                          <Table.Td className="breaks">
                            <Go to="/owner" search={accountSearch({ ownerId, book })}>
                              {ownerId}
                            </Go>
                          </Table.Td>
                          <Table.Td>{balance.state !== null && <State of={balance.state} />}</Table.Td>
                          <Table.Td ta="right" className="number" fw={600}>
                            {credits(balance.amount)}
                          </Table.Td>
                          <Table.Td ta="right" className="number">
                            {balance.available === null ? '' : credits(balance.available)}
                          </Table.Td>
                          <Table.Td ta="right" className="number">
                            {credits(entryCount)}
                          </Table.Td>
                          <Table.Td>
                            <Moment at={updatedOn} />
                          </Table.Td>
                        </Table.Tr>
                      ))}
                    </Table.Tbody>
                  </Table>
                </Table.ScrollContainer>
                <Pager ends={pageInfo} words={['Back', 'On']} />
              </>
            )
          }
        </Loaded>
      </Panel>
    </>
  )
}
