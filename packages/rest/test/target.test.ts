import { parseTarget, splitTarget } from '@shared-ledger/rest'
import { describe, expect, test } from 'vitest'

describe('parseTarget', () => {
  test.each([
    ['/', ['']],
    ['/ledger/ann', ['ledger', 'ann']],
    ['/ledger/', ['ledger', '']],
    ['/ledger/..', ['ledger', '..']],
    ['/ledger/%2e%2E', ['ledger', '..']],
    ['/ledger/./x', ['ledger', '.', 'x']],
    ['//ledger//x', ['', 'ledger', '', 'x']],
    ['/a%2Fb', ['a/b']],
    ['/a+b%20c', ['a+b c']],
    ['/%F0%9F%A6%8A', ['🦊']],
    ['/%EF%BB%BFx', ['\ufeffx']],
    ['/%00', ['\0']],
    ['/%6Cedger', ['ledger']],
    ['/a\\b', ['a\\b']],
    ['http://elsewhere.example/ledger/ann?x=1', ['ledger', 'ann']],
    ['http://elsewhere.example', ['']],
    ['/a#b/c', ['a']],
  ])('%s has the segments %j', (target, segments) => {
    expect(parseTarget(target).segments).toEqual(segments)
  })

  test.each([
    '/%',
    '/%2',
    '/%zz',
    '/%c3',
    '/%C0%AF',
    '/%ED%A0%80',
    '/%ff',
    '/ü',
    '*',
    'ledger/ann',
    '/?a=%ff',
  ])('refuses %s', (target) => {
    expect(() => parseTarget(target)).toThrowError(expect.objectContaining({ code: 'MALFORMED_PATH' }))
  })

  test('decodes a query as forms do', () => {
    expect(parseTarget('/x?a=1&a=2&b=x+y%2B&c&d==&&%3D=').query).toEqual([
      ['a', '1'],
      ['a', '2'],
      ['b', 'x y+'],
      ['c', ''],
      ['d', '='],
      ['=', ''],
    ])
  })
})

test('splitTarget leaves everything as it was sent', () => {
  expect(splitTarget('/a%20b/../c?q=%zz')).toEqual({ path: '/a%20b/../c', search: 'q=%zz' })
})
