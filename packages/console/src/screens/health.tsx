import { Alert, Badge, Stack, Table, Text } from '@mantine/core'
import { useEffect, useState } from 'react'
import { credits, Moment } from '../formats.tsx'
import { pollMs, useSession, useStatus } from '../graph.ts'
import { Figure, Figures, Heading, Loaded, Nothing, Panel } from '../parts/basics.tsx'
import { may } from '../session.ts'
import { FactList } from './entry.tsx'

/** Whether the server, its database and its queue are well. It is read again every 5 seconds. */
export default function HealthScreen() {
  const health = useHealth()
  const session = useSession()
  return (
    <Stack gap="md">
      <Heading title="Health" hint="Of the server that answers this page. Read every 5 seconds." />
      <Alert
        variant="outline"
        color={health === 'healthy' ? 'green' : health === undefined ? 'gray' : 'red'}
        title={health === undefined ? 'Asking …' : (titles[health] ?? `The server says: ${health}`)}
        role="status"
      >
        {health && explanations[health]}
      </Alert>
      {may(session, 'read') && <Status />}
    </Stack>
  )
}

const titles: Readonly<Record<string, string>> = {
  healthy: 'The server and its database are well',
  'read-only': 'The database takes no postings',
  unhealthy: 'The database is away',
  unreachable: 'The server cannot be reached',
}

const explanations: Readonly<Record<string, string>> = {
  healthy: 'Postings and reads are answered.',
  'read-only': 'Reads are answered. Postings are refused until the database takes writes again.',
  unhealthy:
    'The server runs, and cannot reach its database. Postings and reads are refused until it is back.',
  unreachable: 'The server does not answer, or this machine is offline.',
}

/** What `/health` says: it is open to all, and answers without the database. */
function useHealth(): string | undefined {
  const [health, setHealth] = useState<string>()
  useEffect(() => {
    let isOver = false
    const ask = async () => {
      const status = await fetch('/health', { cache: 'no-store' })
        .then((response) => response.json())
        .then((body: { readonly status?: unknown }) => String(body.status))
        .catch(() => 'unreachable')
      if (!isOver) setHealth(status)
    }
    void ask()
    const timer = setInterval(ask, pollMs)
    return () => {
      isOver = true
      clearInterval(timer)
    }
  }, [])
  return health
}

function Status() {
  const read = useStatus()
  return (
    <Loaded read={read} rows={6}>
      {({ ledgerStatus: status }) => (
        <>
          <Figures>
            <Figure label="Postings waiting" hint="for their turn in a batch">
              {credits(status.postingsWaiting)}
            </Figure>
            <Figure label="Batch size" hint="mean of the last minute">
              {status.batchSize === null ? '–' : status.batchSize.toFixed(1)}
            </Figure>
            <Figure label="Latency, half" hint="of postings, last minute">
              {status.latencyMs === null ? '–' : `${status.latencyMs.p50.toFixed(1)} ms`}
            </Figure>
            <Figure label="Latency, 99 of 100" hint="of postings, last minute">
              {status.latencyMs === null ? '–' : `${status.latencyMs.p99.toFixed(1)} ms`}
            </Figure>
            <Figure
              label="Connections"
              hint={`${status.pool.idle} idle, ${status.pool.waiting} requests wait for one`}
            >
              {status.pool.open}
            </Figure>
          </Figures>
          <Panel title="Versions">
            <FactList
              facts={[
                ['App', status.app],
                ['Server', status.version],
                ['Ledger’s SQL', String(status.sqlVersion)],
                [
                  'Database',
                  `PostgreSQL ${status.database.version}${status.database.cluster ? ', a cluster' : ''}`,
                ],
                ['Takes postings', status.database.readOnly ? 'No, it is read-only' : 'Yes'],
                ['Running since', <Moment key="since" at={status.startedOn} />],
              ]}
            />
          </Panel>
          <Panel title="Servers" hint="Processes of this app that are connected to the database.">
            <Table verticalSpacing={6} aria-label="Servers">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Server</Table.Th>
                  <Table.Th>Connected since</Table.Th>
                  <Table.Th ta="right">Connections</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {status.servers.map(({ name, startedOn, connections }) => (
                  <Table.Tr key={`${name} ${startedOn}`}>
                    <Table.Td className="breaks">{name}</Table.Td>
                    <Table.Td>
                      <Moment at={startedOn} />
                    </Table.Td>
                    <Table.Td ta="right">{connections}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Panel>
          <Refusals refusals={status.refusals} />
          <Panel
            title="Last verify"
            hint="npx shared-ledger verify checks every invariant of the whole ledger."
          >
            {status.lastVerify === null ? (
              <Nothing>No verify is on record.</Nothing>
            ) : (
              <Text>
                <Badge variant="dot" color={status.lastVerify.ok ? 'green' : 'red'}>
                  {status.lastVerify.ok ? 'All is well' : 'Something is wrong'}
                </Badge>{' '}
                {credits(status.lastVerify.questions)} questions, on <Moment at={status.lastVerify.on} />
              </Text>
            )}
          </Panel>
        </>
      )}
    </Loaded>
  )
}

/** How often this server has refused postings, by code. */
export function Refusals({
  refusals,
}: {
  readonly refusals: readonly { readonly code: string; readonly count: number }[]
}) {
  return (
    <Panel title="Refusals" hint="Since this server started. Each code is explained at /problems.">
      {refusals.length === 0 ? (
        <Nothing>None.</Nothing>
      ) : (
        <Table verticalSpacing={4} aria-label="Refusals">
          <Table.Tbody>
            {refusals.map(({ code, count }) => (
              <Table.Tr key={code}>
                <Table.Th scope="row">{code}</Table.Th>
                <Table.Td ta="right" className="number">
                  {credits(count)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Panel>
  )
}
