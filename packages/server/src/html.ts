import type { Answer } from './answer.ts'
import { contentTypes } from './asset.ts'
import { pageHeaders } from './security-headers.ts'
import { stylesheetPath } from './stylesheet.ts'

/** The parts of a page. */
export interface Page {
  readonly title: string
  /** Stylesheets in addition to the one of every page. */
  readonly styles?: readonly string[]
  readonly scripts?: readonly string[]
  readonly body: string
}

/** Makes the answer that is a page. */
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

/** Escapes text for HTML. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** Writes a value as a JavaScript literal. */
export function scriptLiteral(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}
