import type { Service } from '../support/services.js'
import { expectApiDocument } from './api-document.js'
import { expectAudited } from './audited.js'
import { appsOf, type Sources } from './code-blocks.js'
import { starterMain } from './compiled-apps.js'
import { expectEnvelopes } from './envelopes.js'
import { expectGraphql } from './graphql.js'
import { expectJob, mainWithJobs } from './jobs.js'
import { expectOneTimeTokens, mainWithMails } from './one-time-tokens.js'
import { expectTransports } from './one-guard.js'
import { expectFastapi, expectFlask, expectFlaskJwt } from './pythons.js'
import { expectQuickStart } from './quick-start.js'
import { expectRefusals } from './refused-app.js'
import { expectSameOrigin } from './same-origin.js'
import { expectStreams } from './streams.js'
import {
  expectFirstRoutes,
  expectLifeCycle,
  expectLoadedClaims,
  expectPolicies,
  expectSessions,
  mainWithDemotion,
} from './task-pages.js'
import { expectSessionsOnPostgres, generatedPrismaClient, withPostgres, withRedis } from './with-databases.js'
import { expectKeys, withKms } from './with-kms.js'
import { mainWithTokens } from './with-tokens.js'
import { expectSockets } from './sockets.js'

type Environment = Record<string, string>

/** What the app of a page must do when it runs. */
export interface Story {
  readonly check: (port: number) => Promise<void>
  /** By default the one of the starter. One on the page itself comes before both. */
  readonly main?: Sources[number] | undefined
  /** What the app needs beside Node: runs `work` with its environment. */
  readonly around?: (work: (env: Environment) => Promise<void>) => Promise<void>
  /** What of that may be missing on a machine. */
  readonly needs?: Service
  /** The page on whose app this one builds: its files count where the page has none of its own. */
  readonly base?: string
  /** Sources that a tool of the app would generate. */
  readonly generated?: Sources
  /** By default the one of tsc. */
  readonly builds?: readonly string[]
  /** What the page's curl lines print. */
  readonly prints?: RegExp
}

const bothCompilers = ['dist', 'dist-swc']
const withTokens = (check: Story['check']): Story => ({ check, main: mainWithTokens })

const base = 'docs/quick-start.md'
const onPostgres: Story = { check: expectSessionsOnPostgres, base, needs: 'postgres', around: withPostgres }

/** The pages whose app is not only compiled but run. */
export const stories: Partial<Record<string, Story>> = {
  'README.md': {
    check: expectQuickStart,
    builds: bothCompilers,
    prints: /^\{"name":"ada"\}\n\{"message":"Item deleted."\}\n$/,
  },
  'docs/quick-start.md': {
    check: expectFirstRoutes,
    builds: bothCompilers,
    prints: /^\{"owner":"ada"\}\n\{.*"errorCode":"token_missing".*\}\n$/,
  },
  'docs/refresh-and-logout.md': {
    check: expectLifeCycle,
    base,
    prints: /^204\n\{.*"errorCode":"token_revoked".*\}\n$/,
  },
  'docs/claims-and-identity.md': { check: expectLoadedClaims, main: mainWithDemotion, builds: bothCompilers },
  'docs/roles-scopes-fresh-logins.md': { ...withTokens(expectPolicies), base },
  'docs/one-time-tokens.md': { check: expectOneTimeTokens, main: mainWithMails },
  'docs/sessions.md': onPostgres,
  'docs/sessions-typeorm.md': onPostgres,
  'docs/sessions-prisma.md': { ...onPostgres, generated: [generatedPrismaClient] },
  'docs/sessions-drizzle.md': onPostgres,
  'docs/sessions-knex.md': onPostgres,
  'docs/sessions-redis.md': { check: expectSessions, base, needs: 'redis', around: withRedis },
  'docs/audit.md': { check: expectAudited, builds: bothCompilers },
  'docs/browser-same-origin.md': { check: expectSameOrigin },
  'docs/coming-from-fastapi.md': { check: expectFastapi },
  'docs/coming-from-flask.md': { check: expectFlask },
  'docs/coming-from-flask-jwt.md': { check: expectFlaskJwt },
  'docs/error-responses.md': { check: expectEnvelopes, builds: bothCompilers },
  'docs/errors.md': { check: expectRefusals },
  'docs/graphql.md': withTokens(expectGraphql),
  'docs/keys.md': { check: expectKeys, around: withKms, builds: bothCompilers },
  'docs/openapi.md': { check: expectApiDocument, builds: bothCompilers },
  'docs/schedulers-and-queues.md': { check: expectJob, main: mainWithJobs },
  'docs/sse-and-downloads.md': withTokens(expectStreams),
  'docs/transports.md': withTokens(expectTransports),
  'docs/websockets.md': withTokens(expectSockets),
}

/** The sources of each app of a page, those that are generated and those of the page that it builds on among them. */
export function sourcesOf(page: string): Map<string, Sources> {
  const story = stories[page]
  const before: Sources = [
    ...(story?.base === undefined ? [] : (appsOf(story.base).get('') ?? [])),
    ...(story?.generated ?? []),
  ]
  const apps = [...appsOf(page)]
  return new Map(apps.map(([name, sources]) => [name, [...new Map([...before, ...sources])]]))
}

/** The sources of the app that is run. */
export function runnable({ main = starterMain }: Story, parts: Sources): Sources {
  return [main, ...parts]
}
