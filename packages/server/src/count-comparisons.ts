import { type DocumentNode, Kind, type SelectionSetNode } from 'graphql'

/** A place in an answer: the number of fields there, and the places below it by name. */
interface Place {
  fields: number
  readonly below: Map<string, Place>
}

/**
 * Estimates how many pairs of fields and fragments graphql-js compares when it looks for fields that cannot be merged.
 * It adds the squares of the number of fields at each place and of the number of fragment spreads. Its own time is
 * proportional to the document.
 */
export function countComparisons({ definitions }: DocumentNode): number {
  let pairs = 0
  let spreads = 0

  const countIn = ({ selections }: SelectionSetNode, place: Place): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        spreads += 1
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        countIn(selection.selectionSet, place)
      } else {
        const name = (selection.alias ?? selection.name).value
        const found = place.below.get(name) ?? emptyPlace()
        place.below.set(name, found)
        found.fields += 1
        pairs += 2 * found.fields - 1 // these odd numbers sum up to the square
        if (selection.selectionSet) countIn(selection.selectionSet, found)
      }
    }
  }

  // Fields of fragments may land at any place. To be safe, all of them count at one place.
  const inFragments = emptyPlace()
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) countIn(definition.selectionSet, inFragments)
    if (definition.kind === Kind.OPERATION_DEFINITION) countIn(definition.selectionSet, emptyPlace())
  }
  return pairs + spreads ** 2
}

function emptyPlace(): Place {
  return { fields: 0, below: new Map() }
}
