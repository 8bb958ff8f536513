import { Button, Group, SegmentedControl, Slider, Text } from '@mantine/core'
import { lazy, Suspense, useMemo, useState } from 'react'
import { credits, dayMs, Moment } from '../../formats.tsx'
import { useRead, type VariablesOf } from '../../graph.ts'
import { useFilters } from '../../navigation.tsx'
import { Panel, Refusal, Waiting } from '../../parts/basics.tsx'
import type { Account } from './account.ts'

const LineChart = lazy(() => import('../../parts/line.tsx'))

const spans = ['1', '7', '30', '90', '365']
const points = 25

/** The balance over time. The slider shows it at any moment, and the entries until then. */
export function Timeline({ account }: { readonly account: Account }) {
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
