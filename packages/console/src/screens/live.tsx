import { Badge, Button, Group, TextInput } from '@mantine/core'
import { useState } from 'react'
import { credits } from '../formats.tsx'
import { type Entry, useLive, useRead } from '../graph.ts'
import { useFilters } from '../navigation.tsx'
import { Heading, Nothing, Panel, Refusal } from '../parts/basics.tsx'
import { EntryTable, OperationFilter } from '../parts/entries.tsx'

/** How many entries the list keeps. */
const most = 200

/** The app's entries as they are posted. */
export default function LiveScreen() {
  const [filters, change] = useFilters()
  const newest = useRead('Entries', { first: 1 })
  const [entries, setEntries] = useState<readonly Entry[]>([])
  const [missed, setMissed] = useState<readonly Entry[]>()
  const [count, setCount] = useState(0)
  const live = useLive(
    {},
    {
      after: newest.data && (newest.data.ledgerEntries.pageInfo.startCursor ?? ''),
      onEntry({ entry }) {
        setCount((before) => before + 1)
        const add = (before: readonly Entry[]) => [entry, ...before].slice(0, most)
        if (missed) setMissed((before) => add(before ?? []))
        else setEntries(add)
      },
    },
  )
  const goOn = () => {
    setEntries((before) => [...(missed ?? []), ...before].slice(0, most))
    setMissed(undefined)
  }
  const isShown = ({ operationName, ownerId }: Entry) =>
    (filters.operation === undefined || operationName === filters.operation) &&
    (filters.prefix === undefined || ownerId.startsWith(filters.prefix))
  const shown = entries.filter(isShown)
  return (
    <>
      <Heading title="Live" hint="The entries of this app as they are posted, newest first.">
        <Badge variant="dot" color={live === 'live' ? 'green' : 'orange'} className="state">
          {live !== 'live' ? 'Connecting …' : missed ? 'Paused' : 'Live'}
        </Badge>
        {missed ? (
          <Button onClick={goOn}>
            {missed.length === 0 ? 'Go on' : `Go on: show ${credits(missed.length)} that came meanwhile`}
          </Button>
        ) : (
          <Button variant="default" onClick={() => setMissed([])}>
            Pause
          </Button>
        )}
      </Heading>
      <div className="filters">
        <OperationFilter value={filters.operation} onChange={(operation) => change({ operation })} />
        <TextInput
          label="Owner begins with"
          value={filters.prefix ?? ''}
          onChange={(event) => change({ prefix: event.currentTarget.value })}
        />
      </div>
      {newest.error && <Refusal error={newest.error} />}
      <Panel
        title="Entries"
        hint={`${credits(count)} came since this screen was opened. The newest ${most} are kept here.`}
        actions={
          entries.length > 0 && (
            <Group gap="xs">
              <Button variant="subtle" size="compact-sm" onClick={() => setEntries([])}>
                Empty the list
              </Button>
            </Group>
          )
        }
      >
        {shown.length === 0 ? (
          <Nothing>Waiting for the next entry …</Nothing>
        ) : (
          <EntryTable entries={shown} withOwner />
        )}
      </Panel>
    </>
  )
}
