import { Badge } from '@mantine/core'
import { useLive, useRead } from '../../graph.ts'
import { useFilters } from '../../navigation.tsx'
import { Loaded, Panel } from '../../parts/basics.tsx'
import { EntryFilters, EntryTable, entryFilters, Pager, pageOf } from '../../parts/entries.tsx'
import type { Account } from './account.ts'

/** The account's entries, and new ones as they are posted. */
export function AccountEntries({
  account,
  onPosted,
}: {
  readonly account: Account
  readonly onPosted: () => void
}) {
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
        <Badge variant="dot" color={live === 'lost' ? 'orange' : 'green'} className="state">
          {live === 'lost' ? 'Connecting again …' : 'Live'}
        </Badge>
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
