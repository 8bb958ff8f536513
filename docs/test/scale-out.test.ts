import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { blocksOf, root } from './markdown.ts'

interface Node {
  readonly image: string
  readonly command: readonly string[]
  readonly volumes: readonly string[]
  readonly networks: { readonly nodes: { readonly aliases: readonly string[] } }
}
const file = readFileSync(path.join(root, 'docs/scale-out/compose.yaml'), 'utf8')
const { services, volumes }: { services: Record<string, Node>; volumes: object } = parse(file, {
  merge: true,
})
const nodes = Object.values(services)
const blocks = blocksOf('docs/scale-out.md')

test('the nodes of the compose file have the settings that docs/scale-out.md names', () => {
  const named =
    blocks.find(({ language }) => language === 'ini')?.text.matchAll(/^(\S+) = '?(.+?)'?$/gm) ?? []
  const settings = Array.from(named, ([, name, value]) => `--${name}=${value}`)
  expect(settings.shift()).toBe('--shared_preload_libraries=citus') // the image has it
  expect(settings).toHaveLength(4)
  for (const { command } of nodes) expect(command).toEqual(expect.arrayContaining(settings))
})

test('each node has a volume of its own, and the names with which the document adds it', () => {
  expect(nodes.flatMap((node) => node.volumes.map((volume) => volume.split(':')[0]))).toEqual(
    Object.keys(volumes),
  )
  const names = nodes.flatMap(({ networks }) => networks.nodes.aliases)
  const command = blocks.find(({ text }) => text.includes('--coordinator'))?.text ?? ''
  expect([...command.matchAll(/--(?:coordinator|worker) (\S+)/g)].map(([, name]) => name)).toEqual(names)
})

test('the packages that the document names have the version of the image', () => {
  const prose = readFileSync(path.join(root, 'docs/scale-out.md'), 'utf8')
  const [, major, minor] = /^citusdata\/citus:(\d+)\.(\d+)\.\d+$/.exec(nodes[0]?.image ?? '') ?? []
  expect(prose).toContain(`-citus-${major}.${minor}\``)
  expect(prose).toContain(`\`citus${major}${minor}_`)
})
