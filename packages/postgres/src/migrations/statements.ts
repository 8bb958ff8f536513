/** The parts of a script. A semicolon in a comment, a quote or a name in quotes ends no statement. */
const part =
  /--.*|\/\*[\s\S]*?\*\/|\$((?:[a-z_]\w*)?)\$[\s\S]*?\$\1\$|e'(?:[^'\\]|''|\\[\s\S])*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|[a-z_][\w$]*|[\s\S]/gi

/**
 * Splits a script into its statements, without the semicolons between them. Comments stay with the statement that they
 * precede.
 */
export function statementsOf(script: string): string[] {
  const statements = ['']
  let depth = 0 // in the BEGIN ATOMIC … END of a function, whose statements end with semicolons, too
  let isEmpty = true
  for (const [text] of script.matchAll(part)) {
    const word = text.toUpperCase()
    if (word === 'ATOMIC' || (depth > 0 && word === 'CASE')) depth += 1
    else if (depth > 0 && word === 'END') depth -= 1
    if (text === ';' && depth === 0) {
      statements.push('')
      isEmpty = true
      continue
    }
    if (!/^(--|\/\*|\s)/.test(text)) isEmpty = false
    statements[statements.length - 1] += text
  }
  if (isEmpty) statements.pop() // what follows the last semicolon
  return statements.map((statement) => statement.trim()).filter(Boolean)
}
