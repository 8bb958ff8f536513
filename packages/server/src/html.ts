import type { Answer } from './answer.ts'
import { contentTypes } from './asset.ts'
import { pageHeaders } from './security-headers.ts'
import { stylesheetPath } from './stylesheet.ts'

/** What a page is made of. */
export interface Page {
  readonly title: string
  /** Beside the one that every page has. */
  readonly styles?: readonly string[]
  readonly scripts?: readonly string[]
  readonly body: string
}

/** A page as it is answered. */
export function pageAnswer({ title, styles = [], scripts = [], body }: Page): Answer {
  const lines = [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(title)}</title>`,
    '<link rel="icon" href="data:,">',
    ...[stylesheetPath, ...styles].map((href) => `<link rel="stylesheet" href="${href}">`),
    '</head>',
    `<body>${body}`,
    ...scripts.map((src) => `<script src="${src}"></script>`),
    '</body>',
    '</html>',
    '',
  ]
  return {
    status: 200,
    headers: { ...pageHeaders, 'content-type': contentTypes.html },
    body: lines.join('\n'),
    outcome: 'ok',
  }
}

/** Text as HTML shows it. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** A value as a literal of JavaScript. */
export function scriptLiteral(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}
