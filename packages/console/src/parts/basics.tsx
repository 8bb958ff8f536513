import {
  Alert,
  Badge,
  Card,
  Code,
  Group,
  Loader,
  Skeleton,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core'
import { type ReactNode, useId } from 'react'
import { fromLocalInput, toLocalInput, words } from '../formats.tsx'
import type { Refused } from '../session.ts'

/** A refusal, in the words of the server, with its code. */
export function Refusal({ error }: { readonly error: Pick<Refused, 'code' | 'message'> }) {
  return (
    <Alert color="red" variant="outline" role="alert" className="refusal">
      <Group gap="xs">
        <Text span>{error.message}</Text>
        <Code>{error.code}</Code>
      </Group>
    </Alert>
  )
}

/** A screen's heading, and what can be done there. */
export function Heading({
  title,
  hint,
  children,
}: {
  title: ReactNode
  hint?: ReactNode
  children?: ReactNode
}) {
  return (
    <Group justify="space-between" align="flex-end" gap="sm" className="heading">
      <div>
        <Title order={1} size="h2" className="breaks">
          {title}
        </Title>
        {hint !== undefined && (
          <Text c="dimmed" size="sm">
            {hint}
          </Text>
        )}
      </div>
      <Group gap="xs">{children}</Group>
    </Group>
  )
}

/** A box with a heading. */
export function Panel({
  title,
  hint,
  actions,
  children,
}: {
  title: string
  hint?: ReactNode
  actions?: ReactNode
  children: ReactNode
}) {
  const id = useId()
  return (
    <Card withBorder component="section" aria-labelledby={id} padding="md">
      <Group justify="space-between" gap="xs" mb="sm">
        <div>
          <Title order={2} size="h5" id={id}>
            {title}
          </Title>
          {hint !== undefined && (
            <Text c="dimmed" size="sm">
              {hint}
            </Text>
          )}
        </div>
        {actions}
      </Group>
      {children}
    </Card>
  )
}

/** One number, with what it is. */
export function Figure({ label, children, hint }: { label: string; children: ReactNode; hint?: ReactNode }) {
  return (
    <Card withBorder padding="sm" className="figure">
      <Text c="dimmed" size="sm">
        {label}
      </Text>
      <Text className="number" fw={650} size="xl">
        {children}
      </Text>
      {hint !== undefined && (
        <Text c="dimmed" size="xs">
          {hint}
        </Text>
      )}
    </Card>
  )
}

export function Figures({ children }: { readonly children: ReactNode }) {
  return <div className="figures">{children}</div>
}

/** What a list shows while it is empty. */
export function Nothing({ children }: { readonly children: ReactNode }) {
  return (
    <Text c="dimmed" py="md" ta="center">
      {children}
    </Text>
  )
}

/** Shows what was read, or that it is on its way, or why it was refused. */
export function Loaded<Data>({
  read: { data, error },
  rows = 3,
  children,
}: {
  read: { readonly data: Data | undefined; readonly error: Refused | undefined }
  rows?: number
  children: (data: Data) => ReactNode
}) {
  if (data !== undefined) {
    return (
      <>
        {error && <Refusal error={error} />}
        {children(data)}
      </>
    )
  }
  if (error) return <Refusal error={error} />
  return (
    <Stack gap="xs" aria-busy="true">
      {Array.from({ length: rows }, (_, row) => row).map((row) => (
        <Skeleton key={row} height={22} />
      ))}
    </Stack>
  )
}

const stateColors: Readonly<Record<string, string>> = {
  OPEN: 'green',
  HELD: 'blue',
  FROZEN: 'orange',
  SPENDING_FROZEN: 'orange',
  CLOSED: 'gray',
}

/** The state of an account or a hold. */
export function State({ of }: { readonly of: string }) {
  return (
    <Badge variant="dot" color={stateColors[of] ?? 'gray'} className="state">
      {words(of)}
    </Badge>
  )
}

/** A field for a moment, in the viewer's time zone. */
export function MomentInput({
  label,
  value,
  onChange,
  ...more
}: {
  label: string
  value: string | undefined
  onChange: (moment: string | undefined) => void
  description?: string
  required?: boolean
}) {
  return (
    <TextInput
      type="datetime-local"
      className="moment"
      label={label}
      value={value === undefined ? '' : toLocalInput(value)}
      onChange={(event) => onChange(fromLocalInput(event.currentTarget.value))}
      {...more}
    />
  )
}

/** Shown while a screen's own code is loaded. */
export function Waiting() {
  return (
    <Group justify="center" p="xl" role="status" aria-label="Loading">
      <Loader />
    </Group>
  )
}
