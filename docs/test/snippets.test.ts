import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { runCommand } from './command.ts'
import { type Block, blocksOf, documents, root, walkthroughs } from './markdown.ts'
import { copyProject } from './project-copy.ts'

const project = copyProject()
afterAll(() => project.remove())

/** What the compiler says of some files, with the project's settings. */
async function compile(files: readonly string[]): Promise<string> {
  project.write('tsconfig.docs.json', JSON.stringify({ extends: './tsconfig.json', include: files }))
  return (
    await runCommand('npx tsc --noEmit --pretty false -p tsconfig.docs.json', project.root)
  ).output.trim()
}

const operationsOf = (document: string): Block | undefined =>
  blocksOf(document).find(({ info }) => info.file === 'apps/content/src/operations.ts')

test('the TypeScript of the documents compiles', async () => {
  const snippets = documents
    .filter((document) => !walkthroughs.includes(document))
    .flatMap(blocksOf)
    .filter(({ language, info }) => language === 'ts' && !info.file)
  const files = snippets.map(({ text }, at) => {
    const file = `docs/snippet-${at}.ts`
    project.write(file, `${text}\n`)
    return file
  })
  expect(files.length).toBeGreaterThan(2)
  expect(await compile(files), snippets.map(({ place }, at) => `${at}: ${place}`).join('\n')).toBe('')
})

test('README shows the operations of the content app as they are', () => {
  const file = readFileSync(path.join(root, 'apps/content/src/operations.ts'), 'utf8')
  expect(`${operationsOf('README.md')?.text}\n`).toBe(file)
})

test('README shows what the compiler says when the shared operations are missing', async () => {
  const file = 'apps/content/src/operations.ts'
  const without = operationsOf('README.md')
    ?.text.replace('  ...sharedOperations,\n', '')
    .replace(', sharedOperations', '')
  project.write(file, `${without}\n`)
  const refusal = await compile([file])
  const shown = blocksOf('README.md').find(
    ({ language, text }) => language === 'text' && text.startsWith(file),
  )
  for (const part of shown?.text.split(/…|\n/).map((text) => text.trim()) ?? ['nothing'])
    expect(refusal).toContain(part)
})
