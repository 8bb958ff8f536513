import { Alert, Badge, Button, Code, Group, Stack, Table, Text } from '@mantine/core'
import { useRef, useState } from 'react'
import { Change, credits, Moment } from '../formats.tsx'
import {
  type Balance,
  type Entry,
  type Hold,
  type Outcome,
  type PostingName,
  useSend,
  type VariablesOf,
} from '../graph.ts'
import { accountSearch, Go } from '../navigation.tsx'
import { keepOpen, newNonce, type OpenPosting, settleOpen, useOpenPosting } from '../postings.ts'
import { Refused } from '../session.ts'
import { Refusal, State } from './basics.tsx'
import { useRun } from './run.ts'

/** The input of a posting, without what this panel adds. */
export type InputOf<Name extends PostingName> =
  VariablesOf<Name> extends { readonly input: infer Input } ? Omit<Input, 'nonce' | 'dryRun'> : never

interface Answer {
  readonly outcome: Outcome
  readonly requestId: string | null
}

/** Sends a posting. What is sent for good is kept until its answer is known. */
function usePost() {
  const send = useSend()
  return async (
    { name, input, title }: OpenPosting,
    { dryRun }: { readonly dryRun: boolean },
  ): Promise<Answer> => {
    if (!dryRun) keepOpen({ name, input, title })
    try {
      const { data, requestId } = await send(name, { input: { ...input, dryRun } } as VariablesOf<
        typeof name
      >)
      if (!dryRun) settleOpen({ isKnown: true })
      return { outcome: data.outcome, requestId }
    } catch (error) {
      if (!dryRun) settleOpen({ isKnown: error instanceof Refused && !error.isOpen })
      throw error
    }
  }
}

/**
 * Posts in two steps. The first is a dry run, which shows the balances before and after. The second posts just that.
 * The nonce is made with the first preview, and stays the same until what was posted is known.
 */
export function PostingPanel<Name extends PostingName>({
  name,
  title,
  input,
  onDone,
}: {
  readonly name: Name
  /** What is done, for a posting whose answer was lost. */
  readonly title: string
  /** Undefined while a field is empty or wrong. */
  readonly input: InputOf<Name> | undefined
  readonly onDone?: () => void
}) {
  const post = usePost()
  const open = useOpenPosting()
  const { run, error, isRunning } = useRun()
  const nonce = useRef<string>(undefined)
  const [preview, setPreview] = useState<Answer & { readonly of: string }>()
  const [done, setDone] = useState<Answer>()
  const of = JSON.stringify(input)
  const isShown = preview !== undefined && preview.of === of
  const isAccepted = isShown && !('code' in preview.outcome)

  const send = (dryRun: boolean) =>
    run(async () => {
      nonce.current ??= newNonce()
      const answer = await post({ name, title, input: { ...input, nonce: nonce.current } }, { dryRun })
      if (dryRun) return setPreview({ ...answer, of })
      nonce.current = undefined
      setPreview(undefined)
      setDone(answer)
      onDone?.()
    })

  return (
    <Stack gap="sm">
      <Group gap="xs">
        <Button
          variant={isAccepted ? 'default' : 'filled'}
          disabled={input === undefined || isRunning || open !== undefined}
          onClick={() => {
            setDone(undefined)
            void send(true)
          }}
        >
          Preview
        </Button>
        <Button disabled={!isAccepted || isRunning || open !== undefined} onClick={() => void send(false)}>
          {title}
        </Button>
        <Text size="sm" c="dimmed">
          {isAccepted ? 'Nothing is written yet.' : 'The preview writes nothing.'}
        </Text>
      </Group>
      {error && !error.isOpen && <Refusal error={error} />}
      {isShown && <Preview outcome={preview.outcome} />}
      {done && <Done {...done} />}
    </Stack>
  )
}

function entriesOf(outcome: Outcome): readonly Entry[] {
  if ('transaction' in outcome) return outcome.transaction.entries
  return 'entry' in outcome && !('code' in outcome) ? [outcome.entry] : []
}

function balancesOf(outcome: Outcome): readonly Balance[] {
  if ('balances' in outcome) return outcome.balances
  return 'balance' in outcome && !('code' in outcome) ? [outcome.balance] : []
}

/** What a dry run came to. */
function Preview({ outcome }: { readonly outcome: Outcome }) {
  if ('code' in outcome) return <RefusedOutcome outcome={outcome} />
  return <BalanceChanges outcome={outcome} label="What the posting would change" />
}

/** The balances of all owners that take part, before and after. */
function BalanceChanges({ outcome, label }: { readonly outcome: Outcome; readonly label: string }) {
  const entries = entriesOf(outcome)
  const hold =
    'hold' in outcome && !('code' in outcome) && outcome.hold.status === 'HELD' ? outcome.hold : undefined
  const movesNothing = entries.length > 0 && entries.every(({ amount }) => amount === 0)
  return (
    <Table.ScrollContainer minWidth={420} type="native">
      <Table withTableBorder aria-label={label}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Owner</Table.Th>
            <Table.Th ta="right">Balance before</Table.Th>
            <Table.Th ta="right">Change</Table.Th>
            <Table.Th ta="right">Balance after</Table.Th>
            {hold && <Table.Th ta="right">Available after</Table.Th>}
            {movesNothing && <Table.Th>State after</Table.Th>}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {balancesOf(outcome).map((balance) => {
            const own = entries.filter(
              ({ ownerId, book }) => ownerId === balance.ownerId && book === balance.book,
            )
            const sum = own.reduce((total, { amount }) => total + BigInt(amount), 0n)
            return (
              <Table.Tr key={`${balance.ownerId} ${balance.book}`}>
                <Table.Td className="breaks">{balance.ownerId}</Table.Td>
                <Table.Td ta="right" className="number">
                  {credits(BigInt(balance.amount) - sum)}
                </Table.Td>
                <Table.Td ta="right">
                  <Change amount={sum} />
                </Table.Td>
                <Table.Td ta="right" className="number" fw={600}>
                  {credits(balance.amount)}
                </Table.Td>
                {hold && (
                  <Table.Td ta="right" className="number">
                    {balance.available === null ? '' : credits(balance.available)}
                  </Table.Td>
                )}
                {movesNothing && (
                  <Table.Td>{balance.state !== null && <State of={balance.state} />}</Table.Td>
                )}
              </Table.Tr>
            )
          })}
        </Table.Tbody>
      </Table>
      {hold && (
        <Text size="sm" mt="xs">
          {credits(hold.amount - hold.captured)} credits are set aside until{' '}
          <Moment at={hold.expiresOn} minutes />.
        </Text>
      )}
    </Table.ScrollContainer>
  )
}

function RefusedOutcome({ outcome }: { readonly outcome: Extract<Outcome, { readonly code: string }> }) {
  return (
    <Stack gap="xs">
      <Refusal error={outcome} />
      {'errors' in outcome &&
        outcome.errors.map(({ field, message }) => (
          <Text key={field} size="sm">
            <Code>{field}</Code> {message}
          </Text>
        ))}
      {'nextOn' in outcome && outcome.nextOn !== null && (
        <Text size="sm">
          The next one is possible on <Moment at={outcome.nextOn} />.
        </Text>
      )}
    </Stack>
  )
}

/** The entry or hold that an identical posting made before. */
function originalOf(outcome: Outcome): { readonly entry?: Entry; readonly hold?: Hold } | undefined {
  if (!('identical' in outcome) || !outcome.identical) return undefined
  return 'entry' in outcome ? { entry: outcome.entry } : { hold: outcome.hold }
}

/** What a posting came to. */
function Done({ outcome, requestId }: Answer) {
  const original = originalOf(outcome)
  if ('code' in outcome && !original) return <RefusedOutcome outcome={outcome} />
  const entries = original?.entry ? [original.entry] : entriesOf(outcome)
  const hold = original?.hold ?? ('hold' in outcome && !('code' in outcome) ? outcome.hold : undefined)
  return (
    <Alert
      color="green"
      variant="outline"
      title={original ? 'Was posted before, once' : 'Posted'}
      role="status"
    >
      <Stack gap="xs">
        <Group gap="xs">
          {entries.map(({ id, ownerId, operationName, amount }) => (
            <Text key={id} span size="sm">
              <Go to="/entry" search={{ id }}>
                Entry #{id}
              </Go>
              : {ownerId}, {operationName} <Change amount={amount} />
            </Text>
          ))}
          {hold && entries.length === 0 && (
            <Text span size="sm">
              Hold {hold.id} of{' '}
              <Go to="/owner" search={{ ...accountSearch(hold), tab: 'holds' }} underline="always">
                {hold.ownerId}
              </Go>
              : {credits(hold.amount)} credits
            </Text>
          )}
        </Group>
        {!('code' in outcome) && <BalanceChanges outcome={outcome} label="What was changed" />}
        {requestId !== null && (
          <Text size="xs" c="dimmed">
            Request <Code>{requestId}</Code>, as the server’s log names it.
          </Text>
        )}
      </Stack>
    </Alert>
  )
}

/** Shown on every screen while the answer of a posting is not known. */
export function OpenPostingNotice() {
  const open = useOpenPosting()
  const post = usePost()
  const { run, error, isRunning } = useRun()
  const [done, setDone] = useState<Answer>()
  if (!open && !done) return null
  if (!open) return done ? <Done {...done} /> : null
  return (
    <Alert color="yellow" variant="outline" title="The answer of a posting is not known" role="alert" mb="md">
      <Stack gap="xs">
        <Text size="sm">
          “{open.title}” was sent, and its answer did not arrive. It may be posted. Sent again with its nonce,
          it is posted once at most.
        </Text>
        <Group gap="xs">
          <Button
            disabled={isRunning}
            onClick={() => void run(async () => setDone(await post(open, { dryRun: false })))}
          >
            Send again
          </Button>
          <Badge variant="default" tt="none">
            nonce {String(open.input.nonce)}
          </Badge>
        </Group>
        {error && <Refusal error={error} />}
      </Stack>
    </Alert>
  )
}
