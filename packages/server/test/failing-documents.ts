const ways = ['set', 'promises', 'rejections', 'errors', 'text', 'object', 'async', 'broken'].concat(
  'late',
  'none',
  'half',
  'lateHalf',
)

/** Documents whose parts fail at once or later, in every place where a value can be. */
export const failingDocuments: readonly string[] = [
  '{ node { childrenStrict(size: 3) { failingStrict } } }',
  '{ node { childrenStrict(size: 3) { lateStrict(n: 9, fail: true) } children { lateStrict(n: 3, fail: true) } } }',
  '{ node { childrenStrict { failingStrict(how: "error-reject") lateStrict(n: 5, fail: true) } nothingStrict } }',
  '{ nodeStrict { childrenStrict { child { lateStrict(n: 9, fail: true) } childStrict { nothingStrict } } } }',
  '{ nodeStrict { a: lateStrict(n: 9, fail: true) b: failingStrict c: late(n: 3, fail: true) } }',
  '{ node { a: late(n: 3, fail: true) b: failingStrict(how: "several-reject") nothingStrict } other: failingStrict }',
  '{ petsStrict { ... on Animal { name late friend { late(n: 5) } } } }',
  '{ animals { late(n: 9) ... on Cat { friend { friend { late } } } } pets { ... on Dog { late } } }',
  'mutation { a: add fail(ticks: 3) b: fail reset }',
  ...ways.flatMap((how) => [
    `{ list(how: "${how}") table(how: "${how}") }`,
    `{ listStrict(how: "${how}") failing(how: "error-reject") }`,
    `{ herds(how: "${how}") { name late(n: 5) } }`,
    `{ table(how: "${how}") failingStrict }`,
  ]),
]

/** Subscriptions that fail at their start, while they run, and when they are left. */
export const failingSubscriptions: readonly string[] = [
  'two',
  'failing',
  'wrong',
  'rejected',
  'thrown',
  'nothing',
  'unread',
  'endless',
].map((how) => `subscription { counting(how: "${how}") }`)
