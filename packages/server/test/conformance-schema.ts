import {
  buildSchema,
  GraphQLEnumType,
  GraphQLError,
  type GraphQLFieldResolver,
  GraphQLInterfaceType,
  GraphQLObjectType,
  GraphQLScalarType,
  type GraphQLSchema,
  GraphQLUnionType,
  isObjectType,
} from 'graphql'

const sdl = /* GraphQL */ `
  scalar Even
  scalar Anything
  enum Colour { RED GREEN }
  input Point { x: Int! y: Int! = 2 label: String colour: Colour = GREEN next: Point tags: [String!] even: Even }
  input Names { constructor: Int toString: String }
  input Choice @oneOf { a: Int b: String }
  interface Animal { name: String! legs(of: Int = 4): Int friend: Animal fails: String late(n: Int! = 1): String! }
  type Cat implements Animal {
    name: String! legs(of: Int = 4): Int friend: Animal fails: String late(n: Int! = 1): String! lives: Int!
  }
  type Dog implements Animal {
    name: String! legs(of: Int = 4): Int friend: Animal fails: String late(n: Int! = 1): String! barks: Boolean
  }
  union Pet = Cat | Dog
  type Odd { constructor: String toString: String hasOwnProperty: Int valueOf: Odd }
  type Node {
    id: ID!
    ticks(n: Int = 0): Int
    late(n: Int! = 1, fail: Boolean = false): String
    lateStrict(n: Int! = 1, fail: Boolean = false): String!
    child: Node
    childStrict: Node!
    children(size: Int = 2): [Node]
    childrenStrict(size: Int = 2): [Node!]!
    nothing: String
    nothingStrict: String!
    failing(how: String = "error"): String
    failingStrict(how: String = "error"): String!
  }
  type Query {
    node: Node
    nodeStrict: Node!
    animal(kind: String = "Cat"): Animal
    pet(kind: String = "Cat"): Pet
    pets: [Pet]
    petsStrict: [Pet!]!
    animals: [Animal!]
    herds(how: String = "set"): [[Animal!]!]
    odd: Odd
    even(value: Even): Even
    rawEven(value: Int): Even
    anything(value: Anything): Anything
    colour(value: Colour = RED): Colour
    wrongColour: Colour
    point(at: Point): String
    points(at: [Point!]): String
    names(given: Names): String
    choice(of: Choice): String
    matrix(of: [[Int]]): [[Int]]
    echo(text: String, id: ID, float: Float, flag: Boolean, int: Int): String
    required(text: String!): String
    withDefault(text: String! = "kept"): String
    list(how: String = "set"): [Int]
    listStrict(how: String = "set"): [Int!]
    table(how: String = "set"): [[Int!]!]!
    context: String
    failing(how: String = "error"): String
    failingStrict(how: String = "error"): String!
  }
  type Mutation { add(n: Int = 1, ticks: Int = 0, note: Anything): Int! fail(ticks: Int = 0): Int reset: Int! }
  type Subscription { counted: Int counting(how: String): Int! }
`

/** Looks a name up that a client chose. */
function own<Value>(table: Record<string, Value>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

/** Values that resolvers throw, reject with or return. */
const failures: Record<string, () => unknown> = {
  error: () => new Error('secret'),
  text: () => 'secret text',
  object: () => ({ message: 'secret object', code: 'ECONNREFUSED' }),
  nothing: () => undefined,
  coded: () => new GraphQLError('coded', { extensions: { code: 'CODED', detail: [1, { a: null }] } }),
  uncoded: () => new GraphQLError('uncoded'),
  status: () => new GraphQLError('teapot', { extensions: { code: 'TEAPOT', http: { status: 418 } } }),
  headers: () =>
    new GraphQLError('later', {
      extensions: { code: 'LATER', http: { status: 503, headers: { 'Retry-After': '7', 'X-Odd': 'Ä' } } },
    }),
  located: () => new GraphQLError('elsewhere', { path: ['else', 3], extensions: { code: 'ELSEWHERE' } }),
  nested: () => new GraphQLError('outer', { originalError: new Error('secret inner') }),
  several: () =>
    new AggregateError([new Error('one'), new GraphQLError('two', { extensions: { code: 'TWO' } })]),
  none: () => new AggregateError([]),
}

const fail: GraphQLFieldResolver<unknown, unknown> = (_source, { how }) => {
  const [name = '', way = 'throw'] = String(how).split('-')
  const failure = (own(failures, name) ?? failures.error)?.()
  if (way === 'return') return failure
  if (way === 'reject') return Promise.reject(failure)
  throw failure
}

async function after<Value>(ticks: number, value: () => Value): Promise<Value> {
  for (let tick = 0; tick < Math.min(ticks, 20); tick += 1) await undefined
  return value()
}

const animals: Record<string, object | null> = {
  Cat: { kind: 'Cat', name: 'Tom', lives: 9, friend: { kind: 'Dog', name: 'Rex', barks: true } },
  Dog: { kind: 'Dog', name: 'Rex', barks: null, friend: { kind: 'Cat', name: null, lives: 1 } },
  Fish: { kind: 'Fish', name: 'Wanda' },
  Point: { kind: 'Point' },
  None: { name: 'nobody' },
  Wrong: { kind: 'Cat', really: 'Dog', name: 'Tom' },
}
const pick: GraphQLFieldResolver<unknown, unknown> = (_source, { kind }) => own(animals, kind) ?? null

const lists: Record<string, () => unknown> = {
  set: () => new Set([1, 2]),
  promises: () => [Promise.resolve(1), 2, null],
  rejections: () => [Promise.resolve(1), 2, Promise.reject(new Error('secret')), Promise.reject('text')],
  errors: () => [1, new Error('secret'), 'x', 3],
  text: () => 'not a list',
  object: () => ({}),
  async *async() {
    yield 1
    yield new Error('secret')
    yield 3
  },
  async *broken() {
    yield 1
    throw new Error('secret')
  },
  late: () => [after(3, fails), 1, null, after(1, fails)],
  none: () => [null, after(3, fails)],
  *half() {
    yield after(3, fails)
    throw new Error('secret')
  },
  async *lateHalf() {
    yield 1
    await new Promise(setImmediate)
    throw new Error('secret')
  },
}

async function fails(): Promise<never> {
  throw new Error('secret')
}
const list: GraphQLFieldResolver<unknown, unknown> = (_source, { how }) => (own(lists, how) ?? lists.set)?.()

/** Animals of which some fail at once and others later. */
const herd = () => [animals.Cat, after(2, () => animals.Dog), animals.Fish, after(3, fails), null]

/** Sources of a subscription, by how they end. */
const sources: Record<string, () => unknown> = {
  async *two() {
    yield 1
    yield 2
  },
  async *failing() {
    yield 1
    throw new Error('secret')
  },
  async *wrong() {
    yield 1
    yield null
    yield 3
  },
  rejected: () => after(2, fails),
  thrown() {
    throw new Error('secret')
  },
  nothing: () => null,
  /** Fails while nobody waits for it, and when it is left. */
  unread: () => ({
    next: () => after(1, fails),
    return: () => after(3, fails),
    [Symbol.asyncIterator]() {
      return this
    },
  }),
  /** Ends only when it is left, and fails then. */
  endless: () => ({
    next: () => new Promise(() => {}),
    return: fails,
    [Symbol.asyncIterator]() {
      return this
    },
  }),
}

/** Creates a schema with everything that executors are known to disagree on, and a counter of its resolver calls. */
export function createConformanceSchema(): { schema: GraphQLSchema; calls: () => number } {
  const schema = buildSchema(sdl)
  let calls = 0
  const sums = new WeakMap<object, number>()
  const show: GraphQLFieldResolver<unknown, unknown> = (_source, args) => JSON.stringify(args)
  const resolvers: Record<string, Record<string, GraphQLFieldResolver<unknown, unknown>>> = {
    Node: {
      id: () => 7,
      ticks: (_source, { n }) => after(n, () => n),
      late: (_source, { n, fail }) =>
        after(n, () => (fail ? Promise.reject(new Error('late')) : `late ${n}`)),
      lateStrict: (_source, { n, fail }) => after(n, () => (fail ? null : `late ${n}`)),
      child: () => ({}),
      childStrict: () => after(2, () => ({})),
      children: (_source, { size }) => Array.from({ length: Math.min(size, 3) }, () => ({})),
      childrenStrict: (_source, { size }) =>
        Array.from({ length: Math.min(size, 3) }, (_, index) =>
          index === 2 ? null : after(index, () => ({})),
        ),
      nothingStrict: () => null,
      failing: fail,
      failingStrict: fail,
    },
    Cat: { fails: fail, legs: (_source, { of }) => of, late: (_source, { n }) => after(n, fails) },
    Dog: {
      fails: fail,
      legs: (_source, { of }) => after(1, () => of),
      late: (_source, { n }) => after(n, fails),
    },
    Query: {
      node: () => ({}),
      nodeStrict: () => after(1, () => ({})),
      animal: pick,
      pet: pick,
      pets: () => [animals.Cat, null, after(1, () => animals.Dog), animals.Fish, new Error('no pet')],
      petsStrict: herd,
      animals: herd,
      herds: (_source, { how }) => [herd(), after(1, herd), own(lists, how)?.(), null],
      odd: () => ({ constructor: 'built', hasOwnProperty: () => 5, valueOf: () => ({}) }),
      even: (_source, { value }) => value,
      rawEven: (_source, { value }) => value,
      anything: (_source, { value }) => value,
      colour: (_source, { value }) => value,
      wrongColour: () => 'PURPLE',
      point: show,
      points: show,
      names: show,
      choice: show,
      matrix: (_source, { of }) => of,
      echo: show,
      required: show,
      withDefault: show,
      list,
      listStrict: list,
      table: (_source, args, context, info) => [
        [1],
        list(_source, args, context, info),
        after(1, fails),
        null,
      ],
      context: (_source, _args, context, info) => {
        const { params, request } = context as { params: object; request: Request }
        const { path, variableValues, operation, fieldName, returnType, parentType } = info
        const about = { path, variableValues, name: operation.name?.value, fieldName, returnType, parentType }
        return JSON.stringify({
          params,
          method: request.method,
          accept: request.headers.get('accept'),
          about,
        })
      },
      failing: fail,
      failingStrict: fail,
    },
    Mutation: {
      add: (_source, { n, ticks }, context) =>
        after(ticks, () => {
          const sum = (sums.get(context as object) ?? 0) + n
          sums.set(context as object, sum)
          return sum
        }),
      fail: (_source, { ticks }) => after(ticks, () => Promise.reject(new Error('secret'))),
      reset: (_source, _args, context) => {
        sums.delete(context as object)
        return 0
      },
    },
  }
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue
    for (const field of Object.values(type.getFields())) {
      const resolve = resolvers[type.name]?.[field.name]
      if (!resolve) continue
      field.resolve = (...args) => {
        calls += 1
        return resolve(...args)
      }
    }
  }
  const counting = schema.getSubscriptionType()?.getFields().counting
  if (!counting) throw new TypeError('The schema has no subscription.')
  counting.subscribe = (_source, { how }) => {
    calls += 1
    return (own(sources, how) ?? sources.two)?.()
  }
  counting.resolve = (count) => count
  completeTypes(schema)
  return { schema, calls: () => calls }
}

/** Adds what SDL cannot express: scalars, enum values, and how to tell types apart. */
function completeTypes(schema: GraphQLSchema): void {
  const even = (value: unknown) => {
    if (typeof value !== 'number') throw new Error('secret: no number')
    if (value % 2 !== 0) throw new GraphQLError(`${value} is odd`, { extensions: { code: 'ODD' } })
    return value === 0 ? undefined : value
  }
  Object.assign(typeOf(schema, 'Even', GraphQLScalarType), { serialize: even, parseValue: even })
  const [red] = typeOf(schema, 'Colour', GraphQLEnumType).getValues()
  if (red) red.description = 'the first'

  typeOf(schema, 'Animal', GraphQLInterfaceType).resolveType = (value) => value.kind
  typeOf(schema, 'Pet', GraphQLUnionType).resolveType = (value) => after(1, () => value.kind)
  typeOf(schema, 'Cat', GraphQLObjectType).isTypeOf = (value) =>
    (value as { really?: string }).really !== 'Dog'
  typeOf(schema, 'Dog', GraphQLObjectType).isTypeOf = () => after(1, () => true)
}

function typeOf<Type>(
  schema: GraphQLSchema,
  name: string,
  kind: abstract new (...args: never[]) => Type,
): Type {
  const type = schema.getType(name)
  if (type instanceof kind) return type
  throw new TypeError(`The schema has no ${name}.`)
}
