/** Returns the value below which this part of the values lies. For ten values and 0.9 it is the largest. */
export function quantile(values: readonly number[], part: number): number {
  return nth(ascending(values), Math.min(values.length - 1, Math.floor(part * values.length)))
}

/** Returns the middle value, or the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = ascending(values)
  const middle = values.length / 2
  return (nth(sorted, Math.ceil(middle) - 1) + nth(sorted, Math.floor(middle))) / 2
}

function ascending(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b)
}

function nth(values: readonly number[], index: number): number {
  const value = values[index]
  if (value === undefined) throw new RangeError('Nothing was measured.')
  return value
}
