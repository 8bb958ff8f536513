import '@mantine/core/styles.css'
import './console.css'
import {
  Button,
  Card,
  type CSSVariablesResolver,
  createTheme,
  MantineProvider,
  PasswordInput,
  Stack,
  Text,
  Title,
} from '@mantine/core'
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  RouterProvider,
} from '@tanstack/react-router'
import { StrictMode, useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { Provider } from 'urql'
import { createClient, SessionContext } from './graph.ts'
import { parseSearch, searchOf, stringifySearch } from './navigation.tsx'
import { Nothing, Refusal, Waiting } from './parts/basics.tsx'
import { authorization, keepKey, openSession, Refused, type Session } from './session.ts'
import { Shell } from './shell.tsx'

const root = createRootRoute({
  component: Shell,
  validateSearch: searchOf,
  notFoundComponent: () => <Nothing>There is no such screen.</Nothing>,
})
const getParentRoute = () => root
const overview = createRoute({
  getParentRoute,
  path: '/',
  component: lazyRouteComponent(() => import('./screens/overview.tsx')),
})
const owner = createRoute({
  getParentRoute,
  path: '/owner',
  component: lazyRouteComponent(() => import('./screens/owner.tsx')),
})
const routes = root.addChildren([
  overview,
  owner,
  createRoute({
    getParentRoute,
    path: '/owners',
    component: lazyRouteComponent(() => import('./screens/owners.tsx')),
  }),
  createRoute({
    getParentRoute,
    path: '/entries',
    component: lazyRouteComponent(() => import('./screens/entries.tsx')),
  }),
  createRoute({
    getParentRoute,
    path: '/entry',
    component: lazyRouteComponent(() => import('./screens/entry.tsx')),
  }),
  createRoute({
    getParentRoute,
    path: '/transaction',
    component: lazyRouteComponent(() => import('./screens/transaction.tsx')),
  }),
  createRoute({
    getParentRoute,
    path: '/post',
    component: lazyRouteComponent(() => import('./screens/post.tsx')),
  }),
  createRoute({
    getParentRoute,
    path: '/live',
    component: lazyRouteComponent(() => import('./screens/live.tsx')),
  }),
  createRoute({
    getParentRoute,
    path: '/health',
    component: lazyRouteComponent(() => import('./screens/health.tsx')),
  }),
])
const router = createRouter({
  routeTree: routes,
  basepath: '/console',
  parseSearch,
  stringifySearch,
  defaultPendingComponent: Waiting,
  defaultErrorComponent: ({ error }) => (
    <Refusal error={{ code: 'FAULT', message: `This screen has a fault: ${String(error)}` }} />
  ),
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: 8,
  defaultRadius: 'md',
  cursorType: 'pointer',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
  autoContrast: true,
})

/** Faint text has the contrast that WCAG asks for, which Mantine's own has not. */
const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-anchor': '#3b5bdb',
    '--mantine-color-dimmed': '#5c636b',
    '--mantine-color-placeholder': '#6b727a',
  },
  dark: {
    '--mantine-color-anchor': '#91a7ff',
    '--mantine-color-dimmed': '#a6adb5',
    '--mantine-color-placeholder': '#9aa1a9',
  },
})

/** Asks who this is. Without a key that the server takes, it asks for one. */
function Console() {
  const [session, setSession] = useState<Session>()
  const [error, setError] = useState<Refused>()
  const [client] = useState(createClient)
  const open = () => {
    openSession().then(setSession, (failure) =>
      setError(
        failure instanceof Refused
          ? failure
          : new Refused({ code: 'NO_ANSWER', message: 'The server cannot be reached.' }),
      ),
    )
  }
  useEffect(open, [])
  if (session) {
    document.title = `${session.app}: console`
    return (
      <SessionContext value={session}>
        <Provider value={client}>
          <RouterProvider router={router} />
        </Provider>
      </SessionContext>
    )
  }
  if (!error) return <Waiting />
  return <Door error={error} onKey={open} />
}

/** Asks for a key, or says why there is no console. */
function Door({ error, onKey }: { readonly error: Refused; readonly onKey: () => void }) {
  const [key, setKey] = useState('')
  const isMissing = error.code === 'UNAUTHENTICATED' && !('authorization' in authorization())
  return (
    <main className="door">
      <Card
        withBorder
        padding="lg"
        component="form"
        onSubmit={(event) => {
          event.preventDefault()
          keepKey(key.trim())
          onKey()
        }}
      >
        <Stack>
          <Title order={1} size="h3">
            Ledger console
          </Title>
          {!isMissing && <Refusal error={error} />}
          {error.code === 'UNAUTHENTICATED' ? (
            <>
              <PasswordInput
                label="Key or token"
                description="It is kept for this tab alone."
                placeholder="slk_…"
                autoComplete="off"
                value={key}
                onChange={(event) => setKey(event.currentTarget.value)}
                visibilityToggleButtonProps={{ 'aria-label': 'Show the key' }}
              />
              <Button type="submit">Open the console</Button>
              <Text size="sm" c="dimmed">
                The command <code>npx shared-ledger keys create</code> makes keys.
              </Text>
            </>
          ) : (
            <Button type="submit">Try again</Button>
          )}
        </Stack>
      </Card>
    </main>
  )
}

const place = document.getElementById('root')
if (!place) throw new Error('index.html has no #root.')
createRoot(place).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <Console />
    </MantineProvider>
  </StrictMode>,
)
