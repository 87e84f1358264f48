import { expectApiDocument } from './api-document.js'
import { expectAudited } from './audited.js'
import type { Sources } from './code-blocks.js'
import { starterMain } from './compiled-apps.js'
import { expectEnvelopes } from './envelopes.js'
import { expectGraphql } from './graphql.js'
import { expectJob, mainWithJobs } from './jobs.js'
import { expectTransports } from './one-guard.js'
import { expectFastapi, expectFlask, expectFlaskJwt } from './pythons.js'
import { expectQuickStart } from './quick-start.js'
import { expectRefusals } from './refused-app.js'
import { expectSameOrigin } from './same-origin.js'
import { expectStreams } from './streams.js'
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
  /** By default the one of tsc. */
  readonly builds?: readonly string[]
}

const bothCompilers = ['dist', 'dist-swc']
const withTokens = (check: Story['check']): Story => ({ check, main: mainWithTokens })

/** The pages whose app is not only compiled but run. */
export const stories: Partial<Record<string, Story>> = {
  'README.md': { check: expectQuickStart, builds: bothCompilers },
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

/** The sources of the app that is run. */
export function runnable({ main = starterMain }: Story, parts: Sources): Sources {
  return [main, ...parts]
}
