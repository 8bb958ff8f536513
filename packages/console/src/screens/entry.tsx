import { Button, Code, Stack, Table, Text, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Change, credits, Moment, readCredits } from '../formats.tsx'
import { type Entry, useAsk, useRead, useSession, type VariablesOf } from '../graph.ts'
import { accountSearch, Go, useFilters } from '../navigation.tsx'
import { Heading, Loaded, Nothing, Panel, Refusal } from '../parts/basics.tsx'
import { EntryTable } from '../parts/entries.tsx'
import { PostingPanel } from '../parts/posting.tsx'
import { may, Refused, type Session } from '../session.ts'

/** One entry: what it did, with which others, what came of it, and how to undo it. */
export default function EntryScreen() {
  const session = useSession()
  const [{ id }] = useFilters()
  const read = useRead('Entry', { id: id ?? '' }, { pause: id === undefined })
  if (id === undefined) return <Nothing>Which entry?</Nothing>
  return (
    <Loaded read={read} rows={6}>
      {({ ledgerEntry }) =>
        ledgerEntry === null ? (
          <Nothing>There is no entry {id} in this app.</Nothing>
        ) : (
          <Stack gap="md" key={id}>
            <Heading
              title={`Entry #${id}`}
              hint={
                <>
                  {ledgerEntry.operationName} of{' '}
                  <Go to="/owner" search={accountSearch(ledgerEntry)} underline="always">
                    {ledgerEntry.ownerId}
                  </Go>
                </>
              }
            >
              {canUndo(session, ledgerEntry) && (
                <a href="#undo" className="button-link">
                  Undo …
                </a>
              )}
            </Heading>
            <Facts entry={ledgerEntry} />
            <LotUses uses={ledgerEntry.lots ?? []} />
            <TransactionEntries id={ledgerEntry.transactionId} />
            <Chain entry={ledgerEntry} />
            {canUndo(session, ledgerEntry) && <Undo entry={ledgerEntry} />}
          </Stack>
        )
      }
    </Loaded>
  )
}

function Facts({ entry }: { readonly entry: Entry }) {
  return (
    <Panel title="What it says">
      <FactList
        facts={[
          ['Amount', <Change key="amount" amount={entry.amount} />],
          [
            'Balance after',
            <span key="after" className="number">
              {credits(entry.balanceAfter)}
            </span>,
          ],
          ['Posted', <Moment key="on" at={entry.createdOn} />],
          ['In the account', `entry ${credits(entry.seq)} from the first`],
          ...(entry.book ? [['Book', entry.book] as const] : []),
          ['Nonce', <Code key="nonce">{entry.nonce}</Code>],
          [
            'Transaction',
            <Go key="transaction" to="/transaction" search={{ id: entry.transactionId }}>
              {entry.transactionId}
            </Go>,
          ],
          ...(entry.holdId === null
            ? []
            : [
                [
                  'Captures',
                  <Go
                    key="hold"
                    to="/owner"
                    search={{ ...accountSearch(entry), tab: 'holds', hold: entry.holdId }}
                  >
                    hold {entry.holdId}
                  </Go>,
                ] as const,
              ]),
          ...Object.entries(entry.metadata).map(
            ([key, value]) => [`metadata: ${key}`, <Code key={key}>{value}</Code>] as const,
          ),
        ]}
      />
    </Panel>
  )
}

export function FactList({ facts }: { readonly facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="breaks">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

interface Use {
  readonly amount: number
  readonly lotId: string
  readonly lot?: {
    readonly ownerId: string
    readonly book?: string
    readonly entry?: { readonly id: string; readonly operationName: string } | null
  } | null
}

/** From which lots it took, and which entries made them. */
function LotUses({ uses }: { readonly uses: readonly Use[] }) {
  if (uses.length === 0) return null
  return (
    <Panel title="Its lots" hint="From which credits it took, and to which it gave back.">
      <Table verticalSpacing={6} aria-label="Its lots">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Lot</Table.Th>
            <Table.Th ta="right">Credits</Table.Th>
            <Table.Th>Made by</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {uses.map(({ amount, lotId, lot }) => (
            <Table.Tr key={lotId}>
              <Table.Td>
                {lot ? (
                  <Go to="/owner" search={{ ...accountSearch(lot), tab: 'lots', lot: lotId }}>
                    {lotId}
                  </Go>
                ) : (
                  lotId
                )}
              </Table.Td>
              <Table.Td ta="right">
                <Change amount={amount} />
              </Table.Td>
              <Table.Td>
                {lot?.entry ? (
                  <Go to="/entry" search={{ id: lot.entry.id }}>
                    #{lot.entry.id} {lot.entry.operationName}
                  </Go>
                ) : (
                  'Another app, or the earlier balance'
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Panel>
  )
}

/** What the entry undoes, and what undid it. Later entries of the operation are searched, 100 at a time. */
function Chain({ entry }: { readonly entry: Entry }) {
  const { id, ownerId, book, operationName, createdOn, reverses, refunds } = entry
  const original = reverses ?? refunds
  const before = useRead('Entry', { id: original ?? '' }, { pause: original === null })
  const ask = useAsk()
  const variables: VariablesOf<'Entries'> = {
    ownerId,
    ...(book && { book }),
    operations: [operationName as never],
    from: createdOn,
    order: 'OLDEST_FIRST',
    first: 100,
  }
  const after = useRead('Entries', variables)
  const [more, setMore] = useState<{ readonly entries: readonly Entry[]; readonly cursor: string | null }>()
  const [error, setError] = useState<Refused>()
  const loaded = after.data?.ledgerEntries
  const all = [...(loaded?.edges.map(({ node }) => node) ?? []), ...(more?.entries ?? [])]
  const corrections = all.filter((each) => each.reverses === id || each.refunds === id)
  const cursor = more ? more.cursor : loaded?.pageInfo.hasNextPage ? loaded.pageInfo.endCursor : null
  const goOn = async () => {
    try {
      const { ledgerEntries } = await ask('Entries', { ...variables, after: cursor })
      const { hasNextPage, endCursor } = ledgerEntries.pageInfo
      setMore({
        entries: [...(more?.entries ?? []), ...ledgerEntries.edges.map(({ node }) => node)],
        cursor: hasNextPage ? endCursor : null,
      })
    } catch (failure) {
      if (!(failure instanceof Refused)) throw failure
      setError(failure)
    }
  }
  const undone = before.data?.ledgerEntry
  return (
    <Panel title="Reversals and refunds">
      {undone && (
        <>
          <Text size="sm" mb={4}>
            This entry {reverses === null ? 'refunds' : 'reverses'}:
          </Text>
          <EntryTable entries={[undone]} label="What it undoes" />
        </>
      )}
      {corrections.length > 0 && (
        <>
          <Text size="sm" mb={4}>
            Undone by:
          </Text>
          <EntryTable entries={corrections} label="What undid it" />
        </>
      )}
      {error && <Refusal error={error} />}
      {original === null && corrections.length === 0 && after.data && (
        <Text c="dimmed" size="sm">
          {cursor === null
            ? 'It was neither reversed nor refunded.'
            : `Not among the ${credits(all.length)} entries of the operation that came next.`}
        </Text>
      )}
      {cursor !== null && (
        <Button mt="xs" size="compact-sm" variant="default" onClick={() => void goOn()}>
          Search later entries
        </Button>
      )}
    </Panel>
  )
}

/** The entries that were posted together. */
export function TransactionEntries({ id }: { readonly id: string }) {
  const read = useRead('Transaction', { id })
  return (
    <Panel title="Posted together" hint="Every side of the transaction.">
      <Loaded read={read}>
        {({ ledgerTransaction }) => (
          <EntryTable entries={ledgerTransaction?.entries ?? []} withOwner label="Posted together" />
        )}
      </Loaded>
    </Panel>
  )
}

/** Whether the caller may correct it. A correction cannot be corrected itself. */
function canUndo(session: Session, { reverses, refunds }: Entry): boolean {
  return may(session, 'correct') && reverses === null && refunds === null
}

/** Refunds a part of the entry, or reverses its whole transaction. */
function Undo({ entry: { id, amount, transactionId } }: { readonly entry: Entry }) {
  const whole = Math.abs(amount)
  const [text, setText] = useState(String(whole))
  const given = readCredits(text)
  return (
    <div id="undo">
      <Panel title="Undo" hint="A correction is a new entry. What was posted stays.">
        <Stack gap="lg">
          {amount !== 0 && (
            <Stack gap="xs">
              <TextInput
                label="Credits to refund"
                description={`1 to ${credits(whole)}. It can be repeated, up to the whole amount.`}
                inputMode="numeric"
                maw={420}
                value={text}
                onChange={(event) => setText(event.currentTarget.value)}
              />
              <PostingPanel
                name="RefundEntry"
                title="Refund"
                input={given === undefined || given < 1 || given > whole ? undefined : { id, amount: given }}
              />
            </Stack>
          )}
          <ReverseTransaction id={transactionId} />
        </Stack>
      </Panel>
    </div>
  )
}

export function ReverseTransaction({ id }: { readonly id: string }) {
  return (
    <Stack gap="xs">
      <Text size="sm" fw={500}>
        Reverse everything that was posted together, once:
      </Text>
      <PostingPanel name="ReverseTransaction" title="Reverse the transaction" input={{ id }} />
    </Stack>
  )
}
