import { Badge, Group, SegmentedControl, Table } from '@mantine/core'
import { Change, credits, Moment } from '../../formats.tsx'
import { useLive, useRead, useSession } from '../../graph.ts'
import { firstPage, Go, useFilters } from '../../navigation.tsx'
import { Loaded, Nothing, Panel } from '../../parts/basics.tsx'
import { EntryFilters, EntryTable, entryFilters, Pager, pageOf } from '../../parts/entries.tsx'
import type { Account } from './account.ts'

interface Props {
  readonly account: Account
  readonly onPosted: () => void
}

/** The account's entries: those of this app, or all of them in a book that apps share. */
export function AccountEntries(props: Props) {
  const [{ apps }] = useFilters()
  return apps === 'all' ? <EntriesOfAllApps account={props.account} /> : <EntriesOfThisApp {...props} />
}

/** Leads from the entries of this app to those of all apps, and back. */
function WhichApps() {
  const { app } = useSession()
  const [{ apps }, change] = useFilters()
  return (
    <SegmentedControl
      aria-label="Entries of which apps"
      size="xs"
      data={[
        { value: 'own', label: `Of ${app}` },
        { value: 'all', label: 'Of all apps' },
      ]}
      value={apps === 'all' ? 'all' : 'own'}
      onChange={(value) => change({ ...firstPage, at: undefined, apps: value === 'all' ? 'all' : undefined })}
    />
  )
}

/** The entries of this app, and new ones as they are posted. */
function EntriesOfThisApp({ account, onPosted }: Props) {
  const [filters] = useFilters()
  const { at } = filters
  const until = at === undefined ? {} : { to: new Date(Date.parse(at) + 1).toISOString() }
  const read = useRead('Entries', { ...account, ...entryFilters(filters), ...until, ...pageOf(filters) })
  const newest = useRead('Entries', { ...account, first: 1 }).data?.ledgerEntries
  const live = useLive(account, {
    after: newest && (newest.pageInfo.startCursor ?? ''),
    onEntry() {
      read.again()
      onPosted()
    },
  })
  return (
    <Panel
      title={at === undefined ? 'Entries' : 'Entries until then'}
      actions={
        <Group gap="xs">
          <WhichApps />
          <Badge variant="dot" color={live === 'live' ? 'green' : 'orange'} className="state">
            {live === 'live' ? 'Live' : 'Connecting …'}
          </Badge>
        </Group>
      }
    >
      <EntryFilters />
      <Loaded read={read} rows={8}>
        {({ ledgerEntries: { edges, pageInfo } }) => (
          <>
            <EntryTable entries={edges.map(({ node }) => node)} />
            <Pager ends={pageInfo} />
          </>
        )}
      </Loaded>
    </Panel>
  )
}

/** All entries of the account. Of another app's entry the graph says neither the id nor the metadata. */
function EntriesOfAllApps({ account }: { readonly account: Account }) {
  const { app } = useSession()
  const [filters] = useFilters()
  const read = useRead('AccountEntries', { ...account, ...pageOf(filters) })
  return (
    <Panel
      title="Entries of all apps"
      hint="Those of other apps that share the book, too. The first entry of the account has the number 1."
      actions={<WhichApps />}
    >
      <Loaded read={read} rows={8}>
        {({ accountEntries: { edges, pageInfo } }) => (
          <>
            {edges.length === 0 && <Nothing>No entries.</Nothing>}
            {edges.length > 0 && (
              <Table.ScrollContainer minWidth={560} type="native">
                <Table highlightOnHover verticalSpacing={6} aria-label="Entries of all apps">
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>Number</Table.Th>
                      <Table.Th>When</Table.Th>
                      <Table.Th>App</Table.Th>
                      <Table.Th>Operation</Table.Th>
                      <Table.Th ta="right">Amount</Table.Th>
                      <Table.Th ta="right">Balance after</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {edges.map(({ node }) => (
                      <Table.Tr key={node.seq}>
                        <Table.Td className="number">
                          {'id' in node ? (
                            <Go to="/entry" search={{ id: node.id }}>
                              {credits(node.seq)}
                            </Go>
                          ) : (
                            credits(node.seq)
                          )}
                        </Table.Td>
                        <Table.Td>
                          <Moment at={node.createdOn} />
                        </Table.Td>
                        <Table.Td>{'app' in node ? node.app : app}</Table.Td>
                        <Table.Td>{node.operationName}</Table.Td>
                        <Table.Td ta="right">
                          <Change amount={node.amount} />
                        </Table.Td>
                        <Table.Td ta="right" className="number">
                          {credits(node.balanceAfter)}
                        </Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
            )}
            <Pager ends={pageInfo} />
          </>
        )}
      </Loaded>
    </Panel>
  )
}
