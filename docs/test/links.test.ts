import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { blocksOf, documents, read, root } from './markdown.ts'

/** Returns a document without its blocks. */
function proseOf(document: string): string {
  const lines = read(document).split('\n')
  const fenced = blocksOf(document).flatMap(({ lines: [from, to] }) =>
    Array.from({ length: to - from + 2 }, (_, at) => from - 1 + at),
  )
  return lines.filter((_, at) => !fenced.includes(at)).join('\n')
}

/** Returns the anchors of a document's headings, as GitHub makes them. */
function anchorsOf(document: string): string[] {
  return [...proseOf(document).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** Paths that exist only on a machine where the project runs, or that an example makes. */
const notInTheRepository = /^(?:\.data|\.env$|node_modules|apps\/game)|generated|\*|…|<|\/\.\.\./

/** Returns where a document's links lead. */
function linksOf(document: string): string[] {
  return [...proseOf(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
}

const isAddress = (link: string) => /^https?:/.test(link)

/** Returns the paths of the project in a document's prose, in code marks. */
function namedFiles(document: string): string[] {
  const top = readdirSync(root).filter((name) => name !== 'node_modules')
  return [...proseOf(document).matchAll(/`([\w./@*<>…-]+)`/g)]
    .map(([, name = '']) => name)
    .filter((name) => top.includes(name.split('/')[0] ?? '') && (name.includes('/') || name.includes('.')))
    .filter((name) => !notInTheRepository.test(name))
}

describe.each(documents)('%s', (document) => {
  test('every link leads to an existing file and heading', () => {
    for (const link of linksOf(document).filter((target) => !isAddress(target))) {
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? document : path.join(path.dirname(document), file)
      expect(existsSync(path.join(root, target)), `${document}: ${link}`).toBe(true)
      if (anchor !== undefined) expect(anchorsOf(target), `${document}: ${link}`).toContain(anchor)
    }
  })

  test('every file that it names exists', () => {
    expect(namedFiles(document).filter((name) => !existsSync(path.join(root, name)))).toEqual([])
  })

  test('every command that it names is a script of package.json', () => {
    const { scripts }: { scripts: object } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
    const named = [...read(document).matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name)
    expect(named.filter((name) => !(name in scripts))).toEqual([])
  })
})

test.each(documents.filter((document) => document.startsWith('packages/')))(
  '%s links to no file that its package lacks on npm',
  (document) => {
    const folder = path.join(root, path.dirname(document))
    const { files }: { files: string[] } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
    const shipped = ['LICENSE', 'README.md', ...files]
    const links = linksOf(document).filter((link) => !isAddress(link) && !link.startsWith('#'))
    expect(links.filter((link) => !shipped.includes(link.split(/[/#]/)[0] ?? ''))).toEqual([])
  },
)

test('.env.example names only settings that the code reads', () => {
  const names = [...readFileSync(path.join(root, '.env.example'), 'utf8').matchAll(/^#?\s?([A-Z_]+)=/gm)].map(
    ([, name = '']) => name,
  )
  const code = readdirSync(path.join(root, 'packages'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\/src\/.*\.ts$/.test(file) && statSync(path.join(root, 'packages', file)).isFile())
    .map((file) => readFileSync(path.join(root, 'packages', file), 'utf8'))
    .join('\n')
  expect(names.length).toBeGreaterThan(3)
  expect(names.filter((name) => !code.includes(name))).toEqual([])
})
