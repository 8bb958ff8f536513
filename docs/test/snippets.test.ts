import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { runCommand } from './command.ts'
import { isRun } from './example.ts'
import { type Block, blocksOf, documents, root, walkthroughs } from './markdown.ts'
import { copyProject } from './project-copy.ts'

const project = copyProject()
afterAll(() => project.remove())

/** Returns what the compiler prints about some files, with the project's settings. */
async function compile(files: readonly string[]): Promise<string> {
  project.write('tsconfig.docs.json', JSON.stringify({ extends: './tsconfig.json', include: files }))
  return (
    await runCommand('npx tsc --noEmit --pretty false -p tsconfig.docs.json', project.root)
  ).output.trim()
}

const operationsOf = (document: string): Block | undefined =>
  blocksOf(document).find(({ info }) => info.file === 'apps/content/src/operations.ts')

const codeOf = (document: string) =>
  blocksOf(document).filter(({ language, info }) => language === 'ts' && !info.file)

/** The declarations for code that runs. docs/engine.md has them in its first block. */
const [declarations] = codeOf('docs/engine.md')

/** Returns a document's code as modules: one for each block, and one for all blocks that run, each in braces. */
function modulesOf(document: string): string[] {
  const code = codeOf(document)
  const run = code.filter(isRun).map(({ text }) => `{\n${text}\n}\n`)
  return [
    ...code.filter((block) => !isRun(block)).map(({ text }) => `${text}\n`),
    ...(run.length > 0 ? [`${declarations?.text}\n${run.join('')}`] : []),
  ]
}

test('the TypeScript of the documents compiles', async () => {
  const modules = documents.filter((document) => !walkthroughs.includes(document)).flatMap(modulesOf)
  const files = modules.map((text, at) => {
    const file = `docs/snippet-${at}.ts`
    project.write(file, text)
    return file
  })
  expect(files.length).toBeGreaterThan(2)
  expect(await compile(files)).toBe('')
})

test.each([
  ['docs/examples/limits.md', /^.*\blimit: .*\n/gm],
  ['docs/examples/lots.md', /^ {2}(?:(?:\.\.\.)?lotOperations,|PROJECT_BONUS: \{\n(?: {4}.*\n)+ {2}\},)\n/gm],
  ['docs/examples/accounts.md', /^ {2}(?:\.\.\.)?accountOperations,\n/gm],
])('the operations in %s compile, and equal the app’s except for what it shows', async (document, added) => {
  const file = 'apps/freelance/src/operations.ts'
  const shown = blocksOf(document).find(({ info }) => info.file === file)
  expect(`${shown?.text.replace(added, '')}\n`).toBe(readFileSync(path.join(root, file), 'utf8'))
  project.write('docs/changed.ts', `${shown?.text}\n`)
  expect(await compile(['docs/changed.ts'])).toBe('')
})

test('README shows the operations of the content app', () => {
  const file = readFileSync(path.join(root, 'apps/content/src/operations.ts'), 'utf8')
  expect(`${operationsOf('README.md')?.text}\n`).toBe(file)
})

test('README shows the compiler’s message when the shared operations are missing', async () => {
  const file = 'apps/content/src/operations.ts'
  const without = operationsOf('README.md')?.text.replace('  ...sharedOperations,\n', '')
  project.write(file, `${without}\n`)
  const refusal = await compile([file])
  const shown = blocksOf('README.md').find(
    ({ language, text }) => language === 'text' && text.startsWith(file),
  )
  for (const part of shown?.text.split(/…|\n/).map((text) => text.trim()) ?? ['nothing'])
    expect(refusal).toContain(part)
})
