import Negotiator from 'negotiator'

/** A cache of parsed Accept headers. Clients send few different ones. */
const known = new Map<string, readonly string[]>()
const maxKnown = 200
const maxKnownLength = 200

/**
 * Returns the media types that an Accept header allows, the preferred one first. All of them are in UTF-8. `q=0`
 * forbids a type. Without the header, all are allowed, in the given order.
 *
 * @example acceptedTypes('application/json;q=0.5, text/html', ['application/json', 'text/html']) // ['text/html',
 *   'application/json']
 */
export function acceptedTypes(accept: string | null, available: readonly string[]): readonly string[] {
  if (!accept) return available
  const key = `${available} ${accept}`
  const before = known.get(key)
  if (before) return before
  const negotiator = new Negotiator({ headers: { accept } })
  const types = negotiator
    .mediaTypes(available.map((type) => `${type}; charset=utf-8`))
    .map((type) => type.replace('; charset=utf-8', ''))
  if (key.length <= maxKnownLength && known.size < maxKnown) known.set(key, types)
  return types
}
