import { SegmentedControl, SimpleGrid, Stack, Table } from '@mantine/core'
import { lazy, Suspense, useMemo } from 'react'
import { Change, credits, dayMs, words } from '../formats.tsx'
import { useHas, useRead, useStatus } from '../graph.ts'
import { Go, type Search, useFilters } from '../navigation.tsx'
import { type Flow, FlowBars } from '../parts/bars.tsx'
import { Figure, Figures, Heading, Loaded, Nothing, Panel, Waiting } from '../parts/basics.tsx'
import { Refusals } from './health.tsx'

const LineChart = lazy(() => import('../parts/line.tsx'))

/** How the app's credits are. */
export default function OverviewScreen() {
  const [filters, change] = useFilters()
  const days = Number(filters.days ?? 14)
  const range = useMemo(() => {
    const to = Math.ceil(Date.now() / dayMs) * dayMs
    return {
      from: new Date(to - days * dayMs).toISOString(),
      to: new Date(to).toISOString(),
      per: 'DAY' as const,
    }
  }, [days])
  return (
    <Stack gap="md">
      <Heading title="Overview" hint="Days are those of UTC.">
        <SegmentedControl
          aria-label="How long"
          data={['7', '14', '30', '90'].map((value) => ({ value, label: `${value} days` }))}
          value={String(days)}
          onChange={(value) => change({ days: value })}
        />
      </Heading>
      <Totals />
      <Flows range={range} />
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        <Outstanding range={range} />
        {useHas('LotSummary') && <Kinds range={range} />}
        <Minutes />
      </SimpleGrid>
    </Stack>
  )
}

type Range = { readonly from: string; readonly to: string; readonly per: 'DAY' }

function Totals() {
  const month = useMemo(() => {
    const now = new Date()
    const end = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)
    return Math.max(1, Math.ceil((end - now.getTime()) / dayMs))
  }, [])
  const read = useRead('Totals', { within: month })
  return (
    <Loaded read={read} rows={2}>
      {({ ledgerTotals: { accounts, amount, held, frozen, closed, ...more } }) => (
        <Figures>
          <Figure label="Outstanding" hint="the credits of all accounts">
            {credits(amount)}
          </Figure>
          <Figure label="Held" hint="set aside by holds">
            {credits(held)}
          </Figure>
          {'expiring' in more && typeof more.expiring === 'number' && (
            <Figure label="Expires this month" hint={`within ${month} days, if it is not spent`}>
              {credits(more.expiring)}
            </Figure>
          )}
          <Figure label="Accounts" hint={`${credits(frozen)} frozen, ${credits(closed)} closed`}>
            <Go to="/owners" search={{ order: 'LAST_CHANGED' }}>
              {credits(accounts)}
            </Go>
          </Figure>
        </Figures>
      )}
    </Loaded>
  )
}

/** Credits in and out by day, and by operation. */
function Flows({ range }: { readonly range: Range }) {
  const read = useRead('Summary', range)
  return (
    <Panel title="Credits in and out" hint="A bar leads to the entries of its day.">
      <Loaded read={read} rows={6}>
        {({ ledgerSummary }) => {
          const flows = flowsOf(ledgerSummary, range)
          const operations = grouped(ledgerSummary, ({ operationName }) => operationName)
          return (
            <Stack gap="md">
              <FlowBars flows={flows} searchOf={({ start }) => dayFilter(start)} />
              {operations.size === 0 ? (
                <Nothing>Nothing was posted in these days.</Nothing>
              ) : (
                <Table verticalSpacing={4} aria-label="By operation">
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>Operation</Table.Th>
                      <Table.Th ta="right">Entries</Table.Th>
                      <Table.Th ta="right">Credits</Table.Th>
                      <Table.Th ta="right">Given back</Table.Th>
                      <Table.Th ta="right">Yesterday</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {[...operations].map(([name, lines]) => {
                      const yesterday = new Date(Date.parse(range.to) - 2 * dayMs).toISOString()
                      const reversed = sum(lines.map((line) => line.reversed))
                      return (
                        <Table.Tr key={name}>
                          <Table.Td>
                            <Go to="/entries" search={{ operation: name, from: range.from, to: range.to }}>
                              {name}
                            </Go>
                          </Table.Td>
                          <Table.Td ta="right" className="number">
                            {credits(sum(lines.map(({ count }) => count)))}
                          </Table.Td>
                          <Table.Td ta="right">
                            <Change amount={sum(lines.map(({ gross }) => gross))} />
                          </Table.Td>
                          <Table.Td ta="right">
                            {reversed === 0n ? '' : <Change amount={reversed} />}
                          </Table.Td>
                          <Table.Td ta="right">
                            <Go to="/entries" search={{ operation: name, ...dayFilter(yesterday) }}>
                              {credits(
                                sum(
                                  lines
                                    .filter(({ start }) => Date.parse(start) === Date.parse(yesterday))
                                    .map(({ gross }) => gross),
                                ),
                              )}
                            </Go>
                          </Table.Td>
                        </Table.Tr>
                      )
                    })}
                  </Table.Tbody>
                </Table>
              )}
            </Stack>
          )
        }}
      </Loaded>
    </Panel>
  )
}

/** Like `Map.groupBy`, which some browsers do not have yet. */
function grouped<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>()
  for (const item of items) {
    const key = keyOf(item)
    groups.set(key, [...(groups.get(key) ?? []), item])
  }
  return groups
}

const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + BigInt(amount), 0n)

function dayFilter(start: string): Search {
  return { from: start, to: new Date(Date.parse(start) + dayMs).toISOString() }
}

interface SummaryLine {
  readonly start: string
  readonly gross: number
  readonly reversed: number
}

/** Returns the credits in and out of each day, also of days without entries. */
function flowsOf(lines: readonly SummaryLine[], { from, to }: Range): Flow[] {
  const byDay = grouped(lines, ({ start }) => Date.parse(start))
  const flows: Flow[] = []
  for (let day = Date.parse(from); day < Date.parse(to); day += dayMs) {
    const moved = (byDay.get(day) ?? []).flatMap(({ gross, reversed }) => [gross, reversed])
    flows.push({
      start: new Date(day).toISOString(),
      in: moved.filter((amount) => amount > 0).reduce((a, b) => a + b, 0),
      out: -moved.filter((amount) => amount < 0).reduce((a, b) => a + b, 0),
    })
  }
  return flows
}

/** The credits of all accounts, at the end of each day. */
function Outstanding({ range }: { readonly range: Range }) {
  const read = useRead('Outstanding', range)
  return (
    <Panel title="Outstanding credits" hint="Of all accounts, at the end of each day.">
      <Loaded read={read}>
        {({ ledgerOutstanding: lines }) => (
          <Suspense fallback={<Waiting />}>
            <LineChart
              label={`Outstanding credits: ${lines.at(-1) ? credits(lines.at(-1)?.amount ?? 0) : 'none'} now`}
              moments={lines.map(({ start }) => start)}
              series={[
                { label: 'Outstanding', color: '#4263eb', amounts: lines.map(({ amount }) => amount) },
              ]}
            />
          </Suspense>
        )}
      </Loaded>
    </Panel>
  )
}

const kindColors: Readonly<Record<string, string>> = { PAID: '#2b8a3e', PROMOTIONAL: '#e8590c' }

/** The credits that lots hold, by where they come from. */
function Kinds({ range }: { readonly range: Range }) {
  const read = useRead('LotSummary', range)
  return (
    <Panel title="Outstanding by kind" hint="The credits of lots, at the end of each day.">
      <Loaded read={read}>
        {({ ledgerLotSummary }) => {
          const kinds = [...grouped(ledgerLotSummary, ({ kind }) => kind)]
          const [, lines = []] = kinds[0] ?? []
          if (lines.length === 0) return <Nothing>There are no lots yet.</Nothing>
          return (
            <Suspense fallback={<Waiting />}>
              <LineChart
                label={`Outstanding by kind: ${kinds.map(([kind, all]) => `${words(kind)} ${credits(all.at(-1)?.outstanding ?? 0)}`).join(', ')}`}
                moments={lines.map(({ start }) => start)}
                series={kinds.map(([kind, all]) => ({
                  label: words(kind),
                  color: kindColors[kind] ?? '#4263eb',
                  amounts: all.map(({ outstanding }) => outstanding),
                }))}
              />
            </Suspense>
          )
        }}
      </Loaded>
    </Panel>
  )
}

/** Postings a minute of this server, live, and what it refused. */
function Minutes() {
  const read = useStatus()
  return (
    <Loaded read={read}>
      {({ ledgerStatus: { postingsPerMinute, refusals } }) => (
        <>
          <Panel title="Postings a minute" hint="Of the server that answers this page, in the last hour.">
            <Suspense fallback={<Waiting />}>
              <LineChart
                label={`Postings a minute: ${credits(postingsPerMinute.at(-1)?.count ?? 0)} in this minute`}
                moments={postingsPerMinute.map(({ minute }) => minute)}
                series={[
                  {
                    label: 'Postings',
                    color: '#4263eb',
                    amounts: postingsPerMinute.map(({ count }) => count),
                  },
                ]}
                stepped
              />
            </Suspense>
          </Panel>
          <Refusals refusals={refusals} />
        </>
      )}
    </Loaded>
  )
}
