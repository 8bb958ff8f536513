import { Code, Stack } from '@mantine/core'
import { Moment } from '../formats.tsx'
import { useRead, useSession } from '../graph.ts'
import { useFilters } from '../navigation.tsx'
import { Heading, Loaded, Nothing, Panel } from '../parts/basics.tsx'
import { EntryTable } from '../parts/entries.tsx'
import { may } from '../session.ts'
import { FactList, ReverseTransaction } from './entry.tsx'

/** Entries that were posted together. */
export default function TransactionScreen() {
  const session = useSession()
  const [{ id }] = useFilters()
  const read = useRead('Transaction', { id: id ?? '' }, { pause: id === undefined })
  if (id === undefined) return <Nothing>Which transaction?</Nothing>
  return (
    <Loaded read={read} rows={6}>
      {({ ledgerTransaction }) =>
        ledgerTransaction === null ? (
          <Nothing>There is no transaction {id} in this app.</Nothing>
        ) : (
          <Stack gap="md">
            <Heading title="Transaction" hint={id} />
            <Panel title="What it says">
              <FactList
                facts={[
                  ['Posted', <Moment key="on" at={ledgerTransaction.createdOn} />],
                  ['Nonce', <Code key="nonce">{ledgerTransaction.nonce}</Code>],
                  ...Object.entries(ledgerTransaction.metadata).map(
                    ([key, value]) => [`metadata: ${key}`, <Code key={key}>{value}</Code>] as const,
                  ),
                ]}
              />
            </Panel>
            <Panel title="Entries">
              <EntryTable entries={ledgerTransaction.entries} withOwner />
            </Panel>
            {may(session, 'correct') && (
              <Panel title="Undo" hint="A correction is a new transaction. What was posted stays.">
                <ReverseTransaction id={id} />
              </Panel>
            )}
          </Stack>
        )
      }
    </Loaded>
  )
}
