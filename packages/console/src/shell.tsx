import {
  ActionIcon,
  AppShell,
  Burger,
  Button,
  Group,
  Menu,
  NavLink,
  Stack,
  Text,
  TextInput,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useSession } from './graph.ts'
import { OpenPostingNotice } from './parts/posting.tsx'
import { keepKey, may } from './session.ts'

/** The frame of every screen: where to go, which app this is, and who asks. */
export function Shell() {
  const session = useSession()
  const [isOpen, { toggle, close }] = useDisclosure()
  const isOwner = 'owner' in session.caller
  return (
    <AppShell
      header={{ height: 56 }}
      {...(!isOwner && { navbar: { width: 200, breakpoint: 'sm', collapsed: { mobile: !isOpen } } })}
      padding="md"
    >
      <a href="#main" className="skip">
        Skip to the content
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" gap="sm" wrap="nowrap">
          {!isOwner && (
            <Burger opened={isOpen} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Screens" />
          )}
          <AppSwitcher />
          {may(session, 'read') && <FindOwner />}
          <Group gap="xs" ml="auto" wrap="nowrap">
            <SchemeButton />
            <CallerMenu />
          </Group>
        </Group>
      </AppShell.Header>
      {!isOwner && (
        <AppShell.Navbar p="xs">
          <Screens onChosen={close} />
        </AppShell.Navbar>
      )}
      <AppShell.Main id="main" tabIndex={-1}>
        <div className="content">
          <OpenPostingNotice />
          <Outlet />
        </div>
      </AppShell.Main>
    </AppShell>
  )
}

function Screens({ onChosen }: { readonly onChosen: () => void }) {
  const session = useSession()
  const { pathname } = useLocation()
  const mayRead = may(session, 'read')
  const screens = [
    { to: '/', label: 'Overview', has: mayRead },
    { to: '/owners', label: 'Owners', has: mayRead },
    { to: '/entries', label: 'Entries', has: mayRead },
    { to: '/live', label: 'Live', has: mayRead },
    { to: '/post', label: 'Post', has: may(session, 'post') },
    { to: '/health', label: 'Health', has: true },
  ]
  return (
    <Stack gap={2}>
      {screens
        .filter(({ has }) => has)
        .map(({ to, label }) => (
          <NavLink
            key={to}
            label={label}
            active={pathname === to}
            {...(pathname === to && { 'aria-current': 'page' })}
            renderRoot={(props) => <Link to={to} {...props} onClick={onChosen} />}
          />
        ))}
    </Stack>
  )
}

/** The app's name. With several consoles, it leads to the others. */
function AppSwitcher() {
  const { app, consoles } = useSession()
  const others = consoles.filter((each) => each.app !== app)
  if (others.length === 0) return <Text fw={700}>{app}</Text>
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button
          className="switcher"
          variant="subtle"
          px="xs"
          rightSection="▾"
          aria-label={`App: ${app}. Choose another one`}
        >
          {app}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Other apps</Menu.Label>
        {others.map(({ app: name, url }) => (
          <Menu.Item key={name} component="a" href={`${url}/console`}>
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

function FindOwner() {
  const navigate = useNavigate()
  const [owner, setOwner] = useState('')
  return (
    <search className="find">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (owner === '') return
          void navigate({ to: '/owner', search: { id: owner } })
          setOwner('')
        }}
      >
        <TextInput
          aria-label="Open an owner"
          placeholder="Open an owner …"
          value={owner}
          onChange={(event) => setOwner(event.currentTarget.value)}
        />
      </form>
    </search>
  )
}

function SchemeButton() {
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme('light')
  const other = scheme === 'dark' ? 'light' : 'dark'
  return (
    <ActionIcon
      variant="default"
      size="lg"
      aria-label={`Show it ${other}`}
      title={`Show it ${other}`}
      onClick={() => setColorScheme(other)}
    >
      {scheme === 'dark' ? '☀' : '☾'}
    </ActionIcon>
  )
}

/** Who asks, and what that caller may do. */
function CallerMenu() {
  const { caller } = useSession()
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" px="sm" aria-label={`Signed in as ${caller.name}`} className="caller">
          {caller.name}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {'owner' in caller ? `Reads the account of ${caller.owner}` : `May ${caller.scopes.join(', ')}`}
        </Menu.Label>
        <Menu.Item
          onClick={() => {
            keepKey('')
            location.reload()
          }}
        >
          Use another key
        </Menu.Item>
        <Menu.Item component="a" href="/docs">
          REST
        </Menu.Item>
        <Menu.Item component="a" href="/graphql">
          GraphQL
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
