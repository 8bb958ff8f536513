import { type DocumentNode, Kind, type SelectionSetNode } from 'graphql'

/** A place in an answer: how many fields stand there, and those below it by their names. */
interface Place {
  fields: number
  readonly below: Map<string, Place>
}

/**
 * Estimates how many pairs of fields and of fragments are compared when a document is checked for fields that cannot be
 * merged: the squares of how many fields stand at one place, and of how many fragments are spread. It takes time in
 * proportion to the document.
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
        pairs += 2 * found.fields - 1 // so that the sum is its square
        if (selection.selectionSet) countIn(selection.selectionSet, found)
      }
    }
  }

  // What is in fragments may come to stand anywhere: at one place, to be safe.
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
