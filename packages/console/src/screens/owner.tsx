import {
  Badge,
  Button,
  Group,
  Modal,
  SegmentedControl,
  Slider,
  Stack,
  Table,
  Tabs,
  Text,
  TextInput,
} from '@mantine/core'
import { lazy, Suspense, useMemo, useState } from 'react'
import { Change, credits, Moment, readCredits, words } from '../formats.tsx'
import {
  type Balance,
  type Hold,
  type Lot,
  useHas,
  useLive,
  useRead,
  useSend,
  useSession,
  type VariablesOf,
} from '../graph.ts'
import { Go, useFilters } from '../navigation.tsx'
import { ShareBar } from '../parts/bars.tsx'
import {
  Figure,
  Figures,
  Heading,
  Loaded,
  Nothing,
  Panel,
  Refusal,
  State,
  Waiting,
} from '../parts/basics.tsx'
import { EntryFilters, EntryTable, entryFilters, Pager, pageOf } from '../parts/entries.tsx'
import { PostingPanel } from '../parts/posting.tsx'
import { may, Refused } from '../session.ts'

const LineChart = lazy(() => import('../parts/line.tsx'))

/** Which account a part of the screen shows. */
interface Account {
  readonly ownerId: string
  readonly book?: never
}

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
        {may(session, 'admin') && <Overdraft account={account} balance={read.data?.balance} />}
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

const dayMs = 86_400_000
const spans = ['1', '7', '30', '90', '365']
const points = 25

/** The balance over time. The slider shows it at any moment, and the entries until then. */
function Timeline({ account }: { readonly account: Account }) {
  const [filters, change] = useFilters()
  const days = spans.includes(filters.days ?? '') ? Number(filters.days) : 30
  const [opened] = useState(Date.now)
  const moments = useMemo(() => {
    const span = days * dayMs
    return Array.from({ length: points }, (_, i) =>
      new Date(opened - span + (span / (points - 1)) * i).toISOString(),
    )
  }, [days, opened])
  const read = useRead('BalanceOverTime', { ...account, ...momentVariables(moments) })
  const amounts = Object.values(pointsOf(read.data))
  const { at } = filters
  const [least = '', most = ''] = [moments[0], moments.at(-1)]
  const place =
    at === undefined ? 1000 : Math.round(((Date.parse(at) - Date.parse(least)) / (days * dayMs)) * 1000)
  return (
    <Panel
      title="Balance over time"
      hint={at === undefined ? 'Move the slider to see the account at an earlier moment.' : undefined}
      actions={
        <SegmentedControl
          aria-label="How long"
          size="xs"
          data={spans.map((value) => ({
            value,
            label: value === '365' ? '1 year' : value === '1' ? '1 day' : `${value} days`,
          }))}
          value={String(days)}
          onChange={(value) => change({ days: value, at: undefined })}
        />
      }
    >
      {read.error && <Refusal error={read.error} />}
      <Suspense fallback={<Waiting />}>
        {amounts.length > 0 && (
          <LineChart
            label={`Balance over the last ${days} days: from ${credits(amounts[0] ?? 0)} to ${credits(amounts.at(-1) ?? 0)} credits`}
            moments={moments}
            series={[{ label: 'Balance', color: '#4263eb', amounts }]}
            at={at}
            stepped
          />
        )}
      </Suspense>
      <Slider
        thumbLabel="Moment"
        label={null}
        min={0}
        max={1000}
        key={`${days} ${at}`}
        defaultValue={Math.min(1000, Math.max(0, place))}
        onChangeEnd={(value) =>
          change({
            at:
              value >= 1000
                ? undefined
                : new Date(Date.parse(least) + (days * dayMs * value) / 1000).toISOString(),
            after: undefined,
            before: undefined,
          })
        }
      />
      <Group justify="space-between" mt={6}>
        <Text size="xs" c="dimmed">
          <Moment at={least} minutes />
        </Text>
        <Text size="xs" c="dimmed">
          <Moment at={most} minutes />
        </Text>
      </Group>
      {at !== undefined && <Then account={account} at={at} />}
    </Panel>
  )
}

type Moments = Omit<VariablesOf<'BalanceOverTime'>, 'ownerId' | 'book'>

/** The 25 moments of `BalanceOverTime`, by the names of its variables. */
function momentVariables(moments: readonly string[]): Moments {
  return Object.fromEntries(moments.map((moment, i) => [`at${i}`, moment])) as Record<keyof Moments, string>
}

function pointsOf(data: object | undefined): readonly number[] {
  const found: Record<string, { readonly amount: number } | undefined> = { ...data }
  return Array.from({ length: points }, (_, i) => found[`at${i}`]?.amount).filter(
    (amount) => amount !== undefined,
  )
}

/** The balance at an earlier moment. */
function Then({ account, at }: { readonly account: Account; readonly at: string }) {
  const [, change] = useFilters()
  const read = useRead('Balance', { ...account, asOf: at })
  return (
    <Group mt="xs" gap="xs" role="status">
      <Text>
        On <Moment at={at} /> the balance was{' '}
        <Text span fw={650} className="number">
          {read.data ? credits(read.data.balance.amount) : '…'}
        </Text>
        .
      </Text>
      <Button size="compact-sm" variant="default" onClick={() => change({ at: undefined })}>
        Back to now
      </Button>
    </Group>
  )
}

/** The account's entries, and new ones as they are posted. */
function AccountEntries({ account, onPosted }: { readonly account: Account; readonly onPosted: () => void }) {
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

/** What the balance is made of: by operation, and for an app with lots by the lots that are left. */
function WhyThisBalance({ account }: { readonly account: Account }) {
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
  if (first.data && !oldest) return <Nothing>The account has no entries, so its balance is 0.</Nothing>
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
                      <Go to="/owner" search={{ id: account.ownerId, operation: name }}>
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
              </Table.Tbody>
              <Table.Tfoot>
                <Table.Tr>
                  <Table.Th>Balance</Table.Th>
                  <Table.Td />
                  <Table.Th ta="right" className="number" colSpan={2}>
                    {credits(total)}
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

function Lots({ account }: { readonly account: Account }) {
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

function LotTable({ lots }: { readonly lots: readonly Lot[] }) {
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
          {lots.map(({ id, ownerId, expiresOn, rest, held, amount, kind, priority, entry }) => (
            <Table.Tr key={id}>
              <Table.Td>
                <Go to="/owner" search={{ id: ownerId, tab: 'lots', lot: id }}>
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
  return (
    <Modal
      opened
      onClose={onClose}
      title={`Lot ${id}`}
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
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
              {may(session, 'correct') && ledgerLot.rest > 0 && (
                <>
                  <TextInput
                    label="Void it: reason"
                    value={reason}
                    onChange={(event) => setReason(event.currentTarget.value)}
                  />
                  <PostingPanel
                    name="VoidLot"
                    title="Void the lot"
                    input={reason === '' ? undefined : { id, metadata: { reason } }}
                  />
                </>
              )}
            </Stack>
          )
        }
      </Loaded>
    </Modal>
  )
}

function Holds({ account }: { readonly account: Account }) {
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

/** Sets how far below 0 the balance may go. */
function Overdraft({
  account,
  balance,
}: {
  readonly account: Account
  readonly balance: Balance | undefined
}) {
  const send = useSend()
  const [isOpen, setOpen] = useState(false)
  const [text, setText] = useState('')
  const [error, setError] = useState<Pick<Refused, 'code' | 'message'>>()
  const limit = readCredits(text)
  const set = async () => {
    if (limit === undefined) return
    try {
      const { data } = await send('SetOverdraft', { ...account, limit })
      if ('code' in data.outcome) setError(data.outcome)
      else setOpen(false)
    } catch (failure) {
      if (!(failure instanceof Refused)) throw failure
      setError(failure)
    }
  }
  return (
    <>
      <Button
        variant="default"
        onClick={() => {
          setText(String(balance?.overdraft ?? 0))
          setError(undefined)
          setOpen(true)
        }}
      >
        Set overdraft
      </Button>
      <Modal
        opened={isOpen}
        onClose={() => setOpen(false)}
        title="Set overdraft"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <Stack gap="sm">
          <TextInput
            label="Credits below 0"
            inputMode="numeric"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          {error && <Refusal error={error} />}
          <Button disabled={limit === undefined} onClick={() => void set()}>
            Set
          </Button>
        </Stack>
      </Modal>
    </>
  )
}
