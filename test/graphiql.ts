import { setTimeout } from 'node:timers/promises'
import type { Locator, Page, Response } from 'playwright-core'

/** Opens the GraphiQL page and waits until its editor has the starter query. */
export async function openGraphiql(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await queryEditor(page).locator('.view-line').first().waitFor()
}

/** Returns the query editor's text by copying it. The lines on the page may be old, because the editor updates them later. */
export async function queryText(page: Page): Promise<string> {
  await selectQuery(page)
  await page.evaluate("navigator.clipboard.writeText('')")
  await page.keyboard.press('ControlOrMeta+C')
  return page.evaluate('navigator.clipboard.readText()')
}

/** Replaces the query editor's text by pasting. Typing would close brackets and indent lines. */
export async function setQuery(page: Page, query: string): Promise<void> {
  await selectQuery(page)
  await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(query)})`)
  await page.keyboard.press('ControlOrMeta+V')
  await untilShown(queryEditor(page), [query])
}

async function selectQuery(page: Page): Promise<void> {
  await queryEditor(page).locator('.view-lines').click()
  await page.keyboard.press('ControlOrMeta+A')
}

/** An answer of a GraphQL server. */
interface GraphqlAnswer {
  readonly data?: unknown
  readonly errors?: readonly { readonly message: string; readonly extensions?: unknown }[]
}

/**
 * Presses the execute button, picks the operation if the query has several, and returns the server's answer once the
 * result window shows its data and its errors' messages. The window draws only visible lines, about 90.
 */
export async function executeQuery(page: Page, operationName?: string): Promise<GraphqlAnswer> {
  const [response] = await Promise.all([page.waitForResponse(isAnswer), pressExecute(page, operationName)])
  const answer: GraphqlAnswer = await response.json()
  const parts = [answer.data, ...(answer.errors ?? []).map(({ message }) => message)]
  const texts = parts.filter((part) => part !== undefined).map((part) => JSON.stringify(part))
  await untilAnswered(page, texts)
  return answer
}

/** Presses the execute button for a subscription, whose answer does not end. */
export function startSubscription(page: Page): Promise<void> {
  return pressExecute(page, undefined)
}

/** Waits until the result window shows these texts. */
export function untilAnswered(page: Page, texts: readonly string[]): Promise<void> {
  return untilShown(page.locator('.result-window'), texts)
}

/** The button gets or loses its menu a moment after the text was changed. */
async function pressExecute(page: Page, operationName: string | undefined): Promise<void> {
  const button = page.locator('button.graphiql-execute-button')
  if (operationName === undefined) return button.and(page.locator(':not([aria-haspopup])')).click()
  await button.and(page.locator('[aria-haspopup]')).click()
  await page.getByRole('menuitem', { name: operationName, exact: true }).click()
}

/** Whether a response answers the user's query, not the page's own introspection. */
function isAnswer(response: Response): boolean {
  const request = response.request()
  return request.method() === 'POST' && !request.postData()?.includes('IntrospectionQuery')
}

function queryEditor(page: Page): Locator {
  return page.locator('.graphiql-query-editor')
}

/** Waits until an editor shows the texts. Spaces and line breaks are ignored, because its wrapping adds some. */
async function untilShown(editor: Locator, texts: readonly string[]): Promise<void> {
  const unspaced = (text: string) => text.replace(/\s/g, '')
  const deadline = Date.now() + 10_000
  for (;;) {
    const shown = await shownText(editor)
    if (texts.every((text) => unspaced(shown).includes(unspaced(text)))) return
    if (Date.now() > deadline) throw new Error(`Not shown: ${texts.join()}\nShown: ${shown}`)
    await setTimeout(20)
  }
}

/** Returns a Monaco editor's lines. The page has them in any order, with hard spaces. */
async function shownText(editor: Locator): Promise<string> {
  const lines = await editor
    .locator('.view-line')
    .evaluateAll((elements) =>
      elements.map((line) => ({ top: line.getBoundingClientRect().top, text: line.textContent ?? '' })),
    )
  return lines
    .sort((a, b) => a.top - b.top)
    .map(({ text }) => text.replaceAll('\u00a0', ' '))
    .join('\n')
}
