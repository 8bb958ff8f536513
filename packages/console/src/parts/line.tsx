import { useComputedColorScheme } from '@mantine/core'
import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { credits } from '../formats.tsx'

export interface Point {
  readonly at: string
  readonly amount: number
}

export interface Series {
  readonly label: string
  readonly color: string
  readonly amounts: readonly number[]
}

/** Amounts over time. `label` says what the chart shows, for those who do not see it. */
export default function LineChart({
  label,
  moments,
  series,
  at,
  stepped = false,
}: {
  readonly label: string
  readonly moments: readonly string[]
  readonly series: readonly Series[]
  /** A moment to mark. */
  readonly at?: string | undefined
  readonly stepped?: boolean
}) {
  const place = useRef<HTMLDivElement>(null)
  const scheme = useComputedColorScheme('light')
  const drawn = JSON.stringify([moments, series, at])

  // biome-ignore lint/correctness/useExhaustiveDependencies: `drawn` stands for the points.
  useEffect(() => {
    const element = place.current
    if (!element) return
    const ink = scheme === 'dark' ? '#c9ced6' : '#495057'
    const grid = { stroke: scheme === 'dark' ? '#343a42' : '#e9ecef', width: 1 }
    const size = () => ({ width: Math.max(200, element.clientWidth), height: 200 })
    const marked = at === undefined ? undefined : new Date(at).getTime() / 1000
    const steps = stepped ? uPlot.paths.stepped?.({ align: 1 }) : undefined
    const chart = new uPlot(
      {
        ...size(),
        legend: { show: series.length > 1, live: false },
        cursor: { drag: { x: false, y: false } },
        axes: [
          { stroke: ink, grid, ticks: grid },
          {
            stroke: ink,
            grid,
            ticks: grid,
            size: 80,
            incrs: [
              1,
              2,
              5,
              10,
              20,
              50,
              ...[1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15].flatMap(
                (each) => [each, 2 * each, 5 * each],
              ),
            ],
            values: (_, values) => values.map((value) => credits(value)),
          },
        ],
        scales: {
          y: {
            range: (_, least, most) => [
              Math.min(0, least),
              Math.max(1, most + (most - Math.min(0, least)) * 0.1),
            ],
          },
        },
        series: [
          {},
          ...series.map(({ label: name, color }) => ({
            label: name,
            stroke: color,
            width: 2,
            fill: `${color}22`,
            points: { show: false },
            ...(steps && { paths: steps }),
          })),
        ],
        hooks: {
          draw: [
            ({ ctx, bbox, valToPos }) => {
              if (marked === undefined) return
              const x = valToPos(marked, 'x', true)
              ctx.fillStyle = ink
              ctx.fillRect(x - 1, bbox.top, 2, bbox.height)
            },
          ],
        },
      },
      [
        moments.map((moment) => new Date(moment).getTime() / 1000),
        ...series.map(({ amounts }) => [...amounts]),
      ],
      element,
    )
    const observer = new ResizeObserver(() => chart.setSize(size()))
    observer.observe(element)
    return () => {
      observer.disconnect()
      chart.destroy()
    }
  }, [drawn, scheme, stepped])
  return <div ref={place} role="img" aria-label={label} className="line-chart" />
}
