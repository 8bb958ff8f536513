import { SegmentedControl, Stack, Tabs } from '@mantine/core'
import { credits, Moment, words } from '../formats.tsx'
import { type Balance, useHas, useRead, useSession } from '../graph.ts'
import { Go, useFilters } from '../navigation.tsx'
import { Figure, Figures, Heading, Loaded, Nothing, State } from '../parts/basics.tsx'
import { may } from '../session.ts'
import type { Account } from './owner/account.ts'
import { AccountEntries } from './owner/entries.tsx'
import { Holds } from './owner/holds.tsx'
import { Lots } from './owner/lots.tsx'
import { Overdraft } from './owner/overdraft.tsx'
import { StateChanges } from './owner/states.tsx'
import { Timeline } from './owner/timeline.tsx'
import { WhyThisBalance } from './owner/why.tsx'

/** One account: what it has, how it came to that, and what can be done with it. */
export default function OwnerScreen() {
  const session = useSession()
  const [{ id, book }] = useFilters()
  const ownerId = 'owner' in session.caller ? session.caller.owner : id
  if (ownerId === undefined) return <Nothing>Which owner? Search for one above.</Nothing>
  const account: Account = { ownerId, ...(book !== undefined && { book: book as never }) }
  return <AccountScreen key={`${ownerId} ${book}`} account={account} />
}

function AccountScreen({ account }: { readonly account: Account }) {
  const session = useSession()
  const [filters, change] = useFilters()
  const { ownerId } = account
  const hasLots = useHas('Lots')
  const read = useRead('Balance', account)
  const books = useRead('Operations', {}).data?.ledgerOperations.map(({ book }) => book)
  const others = [...new Set(books)].filter((each) => each !== undefined)
  const tab = filters.tab ?? 'entries'
  return (
    <Stack gap="md">
      <Heading
        title={ownerId}
        hint={
          others.length > 1 ? `The account in the book ${words(read.data?.balance.book ?? '')}` : 'Account'
        }
      >
        {read.data && read.data.balance.state !== null && <State of={read.data.balance.state} />}
        {others.length > 1 && (
          <SegmentedControl
            aria-label="Book"
            data={others}
            value={read.data?.balance.book ?? ''}
            onChange={(book) => change({ book, after: undefined, before: undefined })}
          />
        )}
        {may(session, 'post') && (
          <>
            <Go to="/post" search={{ owner: ownerId }} className="button-link">
              Post an entry
            </Go>
            <Go to="/post" search={{ owner: ownerId, kind: 'hold' }} className="button-link">
              Hold credits
            </Go>
          </>
        )}
        {read.data && <StateChanges balance={read.data.balance} />}
        {may(session, 'admin') && read.data && <Overdraft account={account} balance={read.data.balance} />}
      </Heading>
      <Loaded read={read}>{({ balance }) => <AccountFigures balance={balance} />}</Loaded>
      <Timeline account={account} />
      <Tabs
        value={tab}
        onChange={(next) => change({ tab: next ?? undefined, lot: undefined })}
        keepMounted={false}
      >
        <Tabs.List mb="sm">
          <Tabs.Tab value="entries">Entries</Tabs.Tab>
          <Tabs.Tab value="why">Why this balance?</Tabs.Tab>
          {hasLots && <Tabs.Tab value="lots">Lots</Tabs.Tab>}
          <Tabs.Tab value="holds">Holds</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="entries">
          <AccountEntries account={account} onPosted={read.again} />
        </Tabs.Panel>
        <Tabs.Panel value="why">
          <WhyThisBalance account={account} />
        </Tabs.Panel>
        {hasLots && (
          <Tabs.Panel value="lots">
            <Lots account={account} />
          </Tabs.Panel>
        )}
        <Tabs.Panel value="holds">
          <Holds account={account} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  )
}

function AccountFigures({ balance }: { readonly balance: Balance }) {
  const { amount, available, held, overdraft, expiring } = balance
  return (
    <Figures>
      <Figure label="Balance">{credits(amount)}</Figure>
      {available !== null && (
        <Figure label="Available" hint="can be spent now">
          {credits(available)}
        </Figure>
      )}
      {held !== null && (
        <Figure label="Held" hint="set aside by holds">
          {credits(held)}
        </Figure>
      )}
      {overdraft !== null && (
        <Figure label="Overdraft" hint="how far below 0 it may go">
          {credits(overdraft)}
        </Figure>
      )}
      {expiring && (
        <Figure label="Expires next" hint={<Moment at={expiring.on} minutes />}>
          {credits(expiring.amount)}
        </Figure>
      )}
    </Figures>
  )
}
