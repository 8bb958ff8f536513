import { Button, Group, SegmentedControl, Select, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { credits, readCredits, readMetadata } from '../formats.tsx'
import { type Operation, useHas, useRead, useSession } from '../graph.ts'
import { useFilters } from '../navigation.tsx'
import { mayPost } from '../operations.ts'
import { Heading, Loaded, MomentInput, Panel } from '../parts/basics.tsx'
import { type InputOf, PostingPanel } from '../parts/posting.tsx'

/** Posts: an entry, several at once, a transfer, an exchange or a hold. The operations of the app make the form. */
export default function PostScreen() {
  const [{ kind = 'entry' }, change] = useFilters()
  const kinds = [
    { value: 'entry', label: 'Entry', has: useHas('PostEntry') },
    { value: 'transaction', label: 'Transaction', has: useHas('PostTransaction') },
    { value: 'transfer', label: 'Transfer', has: useHas('Transfer') },
    { value: 'exchange', label: 'Exchange', has: useHas('Exchange') },
    { value: 'hold', label: 'Hold', has: useHas('HoldCredits') },
  ].filter(({ has }) => has)
  const session = useSession()
  const read = useRead('Operations', {})
  return (
    <>
      <Heading
        title="Post"
        hint="The preview shows the balances before and after. Nothing is written until you confirm."
      />
      <SegmentedControl
        aria-label="What to post"
        data={kinds.map(({ value, label }) => ({ value, label }))}
        value={kind}
        onChange={(value) => change({ kind: value })}
        mb="md"
      />
      <Loaded read={read}>
        {({ ledgerOperations }) => {
          const operations = ledgerOperations.filter((operation) => mayPost(session, operation))
          return (
            <>
              {kind === 'entry' && <EntryForm operations={operations.filter(({ paired }) => !paired)} />}
              {kind === 'transaction' && <TransactionForm operations={operations} />}
              {kind === 'transfer' && <TransferForm operations={ledgerOperations} />}
              {kind === 'exchange' && <ExchangeForm operations={operations} />}
              {kind === 'hold' && (
                <HoldForm
                  operations={operations.filter(({ paired, direction }) => !paired && direction === 'OUT')}
                />
              )}
            </>
          )
        }}
      </Loaded>
    </>
  )
}

interface Line {
  readonly ownerId: string
  readonly operation: string | null
  readonly amount: string
  readonly expiresOn: string | undefined
}

const emptyLine: Line = { ownerId: '', operation: null, amount: '', expiresOn: undefined }

/** Says which amounts an operation takes. */
function amountsOf({ minAmount, maxAmount, defaultAmount, direction }: Operation): string {
  const way = direction === 'IN' ? 'Gives' : direction === 'OUT' ? 'Takes' : 'Moves'
  if (minAmount === maxAmount) return `${way} ${credits(minAmount)} credits.`
  const range = `${way} ${credits(minAmount)} to ${credits(maxAmount)} credits`
  return defaultAmount === null ? `${range}.` : `${range}; ${credits(defaultAmount)} when left out.`
}

/** Says how often an operation is possible. */
function limitOf({ limit }: Operation): string {
  if (!limit) return ''
  const what = limit.times === null ? `${credits(limit.credits ?? 0)} credits` : `${limit.times} times`
  return ` At most ${what} per ${limit.per === 'LIFETIME' ? 'owner, ever' : limit.per.toLowerCase()}.`
}

/** Returns what a line asks for. Undefined while something is missing or out of range. */
function entryOf(line: Line, operations: readonly Operation[]) {
  const operation = operations.find(({ name }) => name === line.operation)
  if (!operation || line.ownerId === '') return undefined
  const { minAmount, maxAmount, defaultAmount, lot } = operation
  const amount = readCredits(line.amount)
  if (
    amount === undefined
      ? line.amount !== '' || defaultAmount === null
      : amount < minAmount || amount > maxAmount
  )
    return undefined
  if (lot?.needsExpiresOn && line.expiresOn === undefined) return undefined
  return {
    ownerId: line.ownerId,
    // The names of `ledgerOperations` that are neither retired nor internal are those of the input's enum.
    operation: operation.name as InputOf<'PostEntry'>['operation'],
    ...(amount !== undefined && { amount }),
    ...(lot && line.expiresOn !== undefined && { expiresOn: line.expiresOn }),
  }
}

/** The fields of one entry. Each operation has its own. */
function LineFields({
  line,
  operations,
  onChange,
}: {
  line: Line
  operations: readonly Operation[]
  onChange: (line: Line) => void
}) {
  const operation = operations.find(({ name }) => name === line.operation)
  const isFixed = operation && operation.minAmount === operation.maxAmount
  const given = readCredits(line.amount)
  const isWrong =
    operation &&
    line.amount !== '' &&
    (given === undefined || given < operation.minAmount || given > operation.maxAmount)
  return (
    <>
      <div className="fields">
        <TextInput
          label="Owner"
          required
          value={line.ownerId}
          onChange={(event) => onChange({ ...line, ownerId: event.currentTarget.value })}
        />
        <Select
          label="Operation"
          required
          searchable
          data={operations.map(({ name }) => name)}
          value={line.operation}
          onChange={(name) => onChange({ ...line, operation: name, amount: '' })}
        />
        {operation && !isFixed && (
          <TextInput
            label="Credits"
            required={operation.defaultAmount === null}
            inputMode="numeric"
            placeholder={operation.defaultAmount === null ? '' : String(operation.defaultAmount)}
            value={line.amount}
            error={isWrong ? `${credits(operation.minAmount)} to ${credits(operation.maxAmount)}` : undefined}
            onChange={(event) => onChange({ ...line, amount: event.currentTarget.value })}
          />
        )}
        {operation?.lot && (
          <MomentInput
            label="Expires"
            required={operation.lot.needsExpiresOn}
            value={line.expiresOn}
            onChange={(expiresOn) => onChange({ ...line, expiresOn })}
          />
        )}
      </div>
      {operation && (
        <Text size="sm" c="dimmed">
          {operation.description} {amountsOf(operation)}
          {limitOf(operation)}
        </Text>
      )}
    </>
  )
}

function Metadata({ text, onChange }: { readonly text: string; readonly onChange: (text: string) => void }) {
  return (
    <Textarea
      label="Metadata"
      description="Stored with the posting: a line key=value for each pair, such as ticket=4711."
      autosize
      minRows={2}
      value={text}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}

const withMetadata = (text: string) => (text.trim() === '' ? {} : { metadata: readMetadata(text) })

function useLine(): readonly [Line, (line: Line) => void] {
  const [{ owner, operation, amount }] = useFilters()
  return useState<Line>({
    ...emptyLine,
    ownerId: owner ?? '',
    operation: operation ?? null,
    amount: amount ?? '',
  })
}

function EntryForm({ operations }: { readonly operations: readonly Operation[] }) {
  const [line, setLine] = useLine()
  const [metadata, setMetadata] = useState('')
  const entry = entryOf(line, operations)
  return (
    <Panel title="An entry">
      <Stack gap="sm">
        <LineFields line={line} operations={operations} onChange={setLine} />
        <Metadata text={metadata} onChange={setMetadata} />
        <PostingPanel
          name="PostEntry"
          title="Post"
          input={entry && { ...entry, ...withMetadata(metadata) }}
        />
      </Stack>
    </Panel>
  )
}

function TransactionForm({ operations }: { readonly operations: readonly Operation[] }) {
  const [first] = useLine()
  const [lines, setLines] = useState<readonly (Line & { readonly key: number })[]>([
    { ...first, key: 0 },
    { ...emptyLine, key: 1 },
  ])
  const [metadata, setMetadata] = useState('')
  const entries = lines.map((line) => entryOf(line, operations)).filter((entry) => entry !== undefined)
  return (
    <Panel title="Several entries" hint="All of them are posted, or none. They are posted in this order.">
      <Stack gap="md">
        {lines.map((line, index) => (
          <fieldset key={line.key} className="line">
            <legend>Entry {index + 1}</legend>
            <LineFields
              line={line}
              operations={operations}
              onChange={(changed) =>
                setLines(lines.map((each) => (each.key === line.key ? { ...changed, key: line.key } : each)))
              }
            />
            {lines.length > 1 && (
              <Button
                variant="subtle"
                size="compact-sm"
                onClick={() => setLines(lines.filter(({ key }) => key !== line.key))}
              >
                Remove entry {index + 1}
              </Button>
            )}
          </fieldset>
        ))}
        <Group>
          <Button
            variant="default"
            disabled={lines.length >= 100}
            onClick={() =>
              setLines([...lines, { ...emptyLine, key: Math.max(...lines.map(({ key }) => key)) + 1 }])
            }
          >
            Add an entry
          </Button>
        </Group>
        <Metadata text={metadata} onChange={setMetadata} />
        <PostingPanel
          name="PostTransaction"
          title="Post all"
          input={entries.length === lines.length ? { entries, ...withMetadata(metadata) } : undefined}
        />
      </Stack>
    </Panel>
  )
}

function TransferForm({ operations }: { readonly operations: readonly Operation[] }) {
  const [filters] = useFilters()
  const [from, setFrom] = useState(filters.owner ?? '')
  const [to, setTo] = useState('')
  const [text, setText] = useState('')
  const [metadata, setMetadata] = useState('')
  const amount = readCredits(text)
  const out = operations.find(({ name }) => name === ('TRANSFER_OUT' as Operation['name']))
  const isComplete = from !== '' && to !== '' && from !== to && amount !== undefined && amount > 0
  return (
    <Panel title="A transfer" hint={out?.description}>
      <Stack gap="sm">
        <div className="fields">
          <TextInput
            label="From"
            required
            value={from}
            onChange={(event) => setFrom(event.currentTarget.value)}
          />
          <TextInput
            label="To"
            required
            value={to}
            error={to !== '' && from === to ? 'Another owner' : undefined}
            onChange={(event) => setTo(event.currentTarget.value)}
          />
          <TextInput
            label="Credits"
            required
            inputMode="numeric"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        </div>
        <Metadata text={metadata} onChange={setMetadata} />
        <PostingPanel
          name="Transfer"
          title="Transfer"
          input={isComplete ? { from, to, amount, ...withMetadata(metadata) } : undefined}
        />
      </Stack>
    </Panel>
  )
}

function ExchangeForm({ operations }: { readonly operations: readonly Operation[] }) {
  const exchanges = operations.filter(({ exchange }) => exchange)
  const [line, setLine] = useLine()
  const chosen = exchanges.find(({ name }) => name === line.operation)
  const amount = readCredits(line.amount)
  const rate = chosen?.exchange
  const isComplete = chosen !== undefined && line.ownerId !== '' && amount !== undefined && amount > 0
  return (
    <Panel title="An exchange" hint="Gives credits of one book for those of another.">
      <Stack gap="sm">
        <div className="fields">
          <TextInput
            label="Owner"
            required
            value={line.ownerId}
            onChange={(event) => setLine({ ...line, ownerId: event.currentTarget.value })}
          />
          <Select
            label="Exchange"
            required
            data={exchanges.map(({ name }) => name)}
            value={line.operation}
            onChange={(operation) => setLine({ ...line, operation })}
          />
          <TextInput
            label="Credits to give"
            required
            inputMode="numeric"
            value={line.amount}
            onChange={(event) => setLine({ ...line, amount: event.currentTarget.value })}
          />
        </div>
        {rate && (
          <Text size="sm" c="dimmed">
            {credits(rate.get)} for each {credits(rate.give)}.
          </Text>
        )}
        <PostingPanel
          name="Exchange"
          title="Exchange"
          input={isComplete ? { ownerId: line.ownerId, operation: chosen.name as never, amount } : undefined}
        />
      </Stack>
    </Panel>
  )
}

const durations = [
  { value: '3600', label: '1 hour' },
  { value: '86400', label: '1 day' },
  { value: '604800', label: '7 days' },
  { value: '2592000', label: '30 days' },
]

function HoldForm({ operations }: { readonly operations: readonly Operation[] }) {
  const [line, setLine] = useLine()
  const [duration, setDuration] = useState<string | null>('86400')
  const [metadata, setMetadata] = useState('')
  const entry = entryOf({ ...line, expiresOn: undefined }, operations)
  return (
    <Panel
      title="A hold"
      hint="Sets credits aside. A capture then posts the operation; a release gives them back."
    >
      <Stack gap="sm">
        <LineFields line={line} operations={operations} onChange={setLine} />
        <Select
          label="For"
          data={durations}
          value={duration}
          allowDeselect={false}
          onChange={setDuration}
          maw={280}
        />
        <Metadata text={metadata} onChange={setMetadata} />
        <PostingPanel
          name="HoldCredits"
          title="Hold"
          input={entry && { ...entry, expiresIn: Number(duration), ...withMetadata(metadata) }}
        />
      </Stack>
    </Panel>
  )
}
