/** Where a node is. */
export interface NodeAddress {
  readonly host: string
  readonly port: number
}

const form = /^(?:\[(?<bracketed>[^\]]+)\]|(?<plain>[^:[\]]+))(?::(?<port>\d{1,5}))?$/

/**
 * Reads `worker-1:5432`, `worker-1` or `[::1]:5432`.
 *
 * @throws Error that says what the option must be
 */
export function nodeAddressOf(given: string, option: string): NodeAddress {
  const { bracketed, plain, port = '5432' } = form.exec(given)?.groups ?? {}
  const host = bracketed ?? plain
  if (host !== undefined && Number(port) >= 1 && Number(port) <= 65_535) return { host, port: Number(port) }
  throw new Error(
    `${option} must be the address of a node, such as worker-1:5432, not ${JSON.stringify(given)}.`,
  )
}
