import { UnstyledButton } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { change, dayOf } from '../formats.tsx'
import type { Search } from '../navigation.tsx'

/** The credits that came in and went out in one window. */
export interface Flow {
  readonly start: string
  readonly in: number
  readonly out: number
}

/** Credits in and out, a bar for each window. A bar leads to the entries of its window. */
export function FlowBars({
  flows,
  searchOf,
}: {
  readonly flows: readonly Flow[]
  readonly searchOf: (flow: Flow) => Search
}) {
  const navigate = useNavigate()
  const most = Math.max(1, ...flows.flatMap((flow) => [flow.in, flow.out]))
  const height = (amount: number) => `${amount === 0 ? 0 : Math.max(2, (amount / most) * 100)}%`
  return (
    <div className="flow-bars">
      {flows.map((flow, index) => (
        <UnstyledButton
          key={flow.start}
          className="flow-bar"
          aria-label={`${dayOf(flow.start)}: ${change(flow.in)} in, ${change(-flow.out)} out. Show its entries.`}
          title={`${dayOf(flow.start)} (UTC): ${change(flow.in)} in, ${change(-flow.out)} out`}
          onClick={() => void navigate({ to: '/entries', search: searchOf(flow) })}
        >
          <span className="flow-up">
            <span className="flow-in" style={{ height: height(flow.in) }} />
          </span>
          <span className="flow-down">
            <span className="flow-out" style={{ height: height(flow.out) }} />
          </span>
          <span className="flow-day">
            {index % Math.ceil(flows.length / 8) === 0 ? dayOf(flow.start) : ''}
          </span>
        </UnstyledButton>
      ))}
    </div>
  )
}

/** How much is left of something, as a bar. */
export function ShareBar({
  part,
  held = 0,
  whole,
}: {
  readonly part: number
  readonly held?: number
  readonly whole: number
}) {
  return (
    <span className="share" aria-hidden="true">
      <span className="share-part" style={{ width: `${(part / Math.max(1, whole)) * 100}%` }}>
        <span className="share-held" style={{ width: `${(held / Math.max(1, part)) * 100}%` }} />
      </span>
    </span>
  )
}
