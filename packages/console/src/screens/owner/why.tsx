import { Stack, Table, Text } from '@mantine/core'
import { useState } from 'react'
import { Change, credits, dayMs } from '../../formats.tsx'
import { useHas, useRead } from '../../graph.ts'
import { accountSearch, Go } from '../../navigation.tsx'
import { Loaded, Nothing, Panel } from '../../parts/basics.tsx'
import type { Account } from './account.ts'
import { LotTable } from './lots.tsx'

/** What the balance is made of: by operation, and for an app with lots by the lots that are left. */
export function WhyThisBalance({ account }: { readonly account: Account }) {
  const hasLots = useHas('Lots')
  return (
    <Stack gap="md">
      {hasLots && <SpendingOrder account={account} />}
      <ByOperation account={account} />
    </Stack>
  )
}

function SpendingOrder({ account }: { readonly account: Account }) {
  const read = useRead('SpendingOrder', account)
  return (
    <Panel
      title="The credits that are left"
      hint="In the order in which they are spent. Each lot leads to the entry that made it, and to what took from it."
    >
      <Loaded read={read}>
        {({ balance: { amount, lots } }) =>
          !lots || lots.length === 0 ? (
            <Nothing>No credits are left.</Nothing>
          ) : (
            <>
              <Text mb="xs">
                <b className="number">{credits(amount)}</b> ={' '}
                {lots.map((lot, index) => (
                  <span key={lot.id}>
                    {index > 0 && ' + '}
                    <span className="number">{credits(lot.rest)}</span>
                    {lot.entry && ` of ${lot.entry.operationName}`}
                  </span>
                ))}
              </Text>
              <LotTable lots={lots} />
            </>
          )
        }
      </Loaded>
    </Panel>
  )
}

function ByOperation({ account }: { readonly account: Account }) {
  const first = useRead('Entries', { ...account, order: 'OLDEST_FIRST', first: 1 })
  const oldest = first.data?.ledgerEntries.edges[0]?.node
  const [to] = useState(() => new Date(Date.now() + dayMs).toISOString())
  const read = useRead(
    'Summary',
    { ...account, from: oldest?.createdOn ?? to, to, per: 'MONTH' },
    { pause: oldest === undefined },
  )
  const balance = useRead('Balance', account)
  if (first.data && !oldest) return <Nothing>This app posted nothing to the account.</Nothing>
  return (
    <Panel
      title="By operation"
      hint="All entries of the account from the first one on. Their sum is the balance."
    >
      <Loaded read={first.error ? { data: undefined, error: first.error } : read}>
        {({ ledgerSummary }) => {
          const sums = new Map<string, { count: number; gross: bigint; reversed: bigint }>()
          for (const { operationName, count, gross, reversed } of ledgerSummary) {
            const known = sums.get(operationName) ?? { count: 0, gross: 0n, reversed: 0n }
            sums.set(operationName, {
              count: known.count + count,
              gross: known.gross + BigInt(gross),
              reversed: known.reversed + BigInt(reversed),
            })
          }
          const total = [...sums.values()].reduce((sum, { gross, reversed }) => sum + gross + reversed, 0n)
          const isKnown = balance.data !== undefined && !balance.isLoading && !read.isLoading
          const others = isKnown ? BigInt(balance.data.balance.amount) - total : 0n
          return (
            <Table verticalSpacing={6} aria-label="Sums by operation">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Operation</Table.Th>
                  <Table.Th ta="right">Entries</Table.Th>
                  <Table.Th ta="right">Credits</Table.Th>
                  <Table.Th ta="right">Given back</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {[...sums].map(([name, { count, gross, reversed }]) => (
                  <Table.Tr key={name}>
                    <Table.Td>
                      <Go to="/owner" search={{ ...accountSearch(account), operation: name }}>
                        {name}
                      </Go>
                    </Table.Td>
                    <Table.Td ta="right" className="number">
                      {credits(count)}
                    </Table.Td>
                    <Table.Td ta="right">
                      <Change amount={gross} />
                    </Table.Td>
                    <Table.Td ta="right">{reversed === 0n ? '' : <Change amount={reversed} />}</Table.Td>
                  </Table.Tr>
                ))}
                {others !== 0n && (
                  <Table.Tr>
                    <Table.Td>
                      <Go to="/owner" search={{ ...accountSearch(account), apps: 'all' }}>
                        Other apps
                      </Go>
                    </Table.Td>
                    <Table.Td />
                    <Table.Td ta="right">
                      <Change amount={others} />
                    </Table.Td>
                    <Table.Td />
                  </Table.Tr>
                )}
              </Table.Tbody>
              <Table.Tfoot>
                <Table.Tr>
                  <Table.Th>Balance</Table.Th>
                  <Table.Td />
                  <Table.Th ta="right" className="number" colSpan={2}>
                    {credits(total + others)}
                  </Table.Th>
                </Table.Tr>
              </Table.Tfoot>
            </Table>
          )
        }}
      </Loaded>
    </Panel>
  )
}
