import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { statementsOf } from '../src/migrations/statements.ts'
import { findRoot, historyOf, LEDGER, migrationsOf, scriptOf } from '../src/project.ts'

test('statements end at semicolons, but not in quotes, comments and bodies of functions', () => {
  const statements = [
    "-- one; two\nCREATE TABLE \"a;b\" (c text DEFAULT 'd;''e')",
    "SELECT e'\\';', $$;$$, $x$ $$;$$ $x$, /* ; */ type';', $1",
    'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END',
    "DO $do$ BEGIN EXECUTE 'SELECT 1;'; END $do$",
  ]
  expect(statementsOf(`${statements.join(';\n')};\n-- the end;\n`)).toEqual(statements)
  expect(statementsOf(statements.join(';'))).toEqual(statements)
  expect(statementsOf('-- nothing\n')).toEqual([])
})

test('the statements of each migration of the ledger begin with a command', () => {
  const ledger = historyOf(findRoot(), LEDGER)
  for (const name of migrationsOf(ledger)) {
    const commands = statementsOf(readFileSync(scriptOf(ledger, name), 'utf8')).map(
      (statement) => /^(?:--.*\n|\s)*(\w+)/.exec(statement)?.[1] ?? '',
    )
    expect(
      commands.filter((command) => !/^[A-Z]+$/.test(command)),
      name,
    ).toEqual([])
  }
})
