import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

type Imports = Map<string, readonly string[]>

const root = path.resolve(import.meta.dirname, '..')
const packages = readdirSync(path.join(root, 'packages'))

/** Returns the imports of each file of a folder within that folder, types included. */
function importsWithin(folder: string): Imports {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const sources = files.filter((file) => file.endsWith('.ts') && !file.includes('generated'))
  return new Map(
    sources.map((file) => {
      const text = readFileSync(path.join(folder, file), 'utf8')
      const imported = [...text.matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']+)'/g)]
      return [file, imported.map(([, other = '']) => path.join(path.dirname(file), other))]
    }),
  )
}

/**
 * Returns the files that import one another in circles, and those between two circles: all files that remain when the
 * others are removed one by one.
 */
function circles(imports: Imports): string[] {
  const left = new Map(imports)
  for (;;) {
    const imported = new Set([...left.values()].flat())
    const ends = [...left].filter(
      ([file, others]) => !imported.has(file) || !others.some((other) => left.has(other)),
    )
    if (ends.length === 0) return [...left.keys()].sort()
    for (const [file] of ends) left.delete(file)
  }
}

test.each(packages)('no files of packages/%s import one another in a circle', (name) => {
  const imports = importsWithin(path.join(root, 'packages', name, 'src'))
  expect([...imports.values()].flat()).not.toEqual([])
  expect(circles(imports)).toEqual([])
})

test('a circle is found, and files that only lead to it or away from it are not named', () => {
  const imports: Imports = new Map([
    ['index', ['a']],
    ['a', ['b', 'end']],
    ['b', ['c']],
    ['c', ['a']],
    ['end', []],
  ])
  expect(circles(imports)).toEqual(['a', 'b', 'c'])
})
