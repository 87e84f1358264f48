import { APP_OPTIONS } from '../app/app-options.js'
import { withApp } from '../app/open-app.js'
import { type GivenOptions, type Options, readArguments } from '../arguments/read-arguments.js'
import { usageOf } from '../arguments/usage.js'
import { type Command, CommandError } from '../command.js'
import type { Terminal } from '../terminal.js'
import { MAX_DEPTH, shapeOf } from './json-shape.js'
import { mintByApp } from './mint-by-app.js'
import { mintBySecret } from './mint-by-secret.js'
import { readSecret, SECRET_OPTIONS } from './read-secret.js'

const OPTIONS = {
  ...APP_OPTIONS,
  claims: {
    type: 'string',
    value: 'json',
    help: 'More claims, as a JSON object. They win over the claims loader.',
  },
  'expires-in': {
    type: 'string',
    value: 'duration',
    help: 'Such as 15m, 12h, 30d. Default: that of the app, or 15m.',
  },
  audience: { type: 'string', value: 'aud', help: 'The claim aud. Default: that of the app.' },
  session: {
    type: 'boolean',
    help: 'Opens a session in the store of the app, and prints the token response as JSON.',
  },
  ...SECRET_OPTIONS,
  algorithm: { type: 'string', value: 'name', help: 'With a secret: HS256 (default), HS384 or HS512.' },
  issuer: { type: 'string', value: 'iss', help: 'With a secret: the claim iss.' },
} as const satisfies Options

export type MintOptions = GivenOptions<typeof OPTIONS>

export const mintToken: Command = {
  name: 'token mint',
  summary: 'Issues an access token for a subject, for development: by the app, or by a secret alone.',
  usage: usageOf('token mint <sub> [options]', OPTIONS, [
    'The app runs its identity and claims loaders as for a login. Refuses where NODE_ENV is production.',
  ]),
  async run(args, terminal) {
    const { options, positionals } = readArguments(args, OPTIONS, 1)
    const [sub] = positionals
    refuseInProduction(terminal)
    if (sub === undefined || sub === '' || sub.length > 255) {
      throw new CommandError('Name the subject, in 1 to 255 characters: nest-jwt-auth token mint <sub>.')
    }
    const { algorithm = 'HS256' } = options
    const secret = await readSecret(options, algorithm, terminal)
    const claims = claimsIn(options.claims)
    if (secret === undefined) terminal.print(await askApp(sub, claims, options, terminal))
    else terminal.print(mintBySecret({ sub, claims, secret, algorithm, options }))
    return 0
  },
}

function askApp(
  sub: string,
  claims: Readonly<Record<string, unknown>>,
  options: MintOptions,
  terminal: Terminal,
): Promise<string> {
  for (const name of ['algorithm', 'issuer'] as const) {
    if (options[name] !== undefined) {
      throw new CommandError(`--${name} goes with a secret. The app has its own: leave it out.`)
    }
  }
  return withApp(options, 'started', terminal, (open) => {
    // The app may have read it from its .env.
    refuseInProduction(terminal)
    return mintByApp(open, { sub, claims, options })
  })
}

function refuseInProduction({ env }: Terminal): void {
  if (env['NODE_ENV'] !== 'production') return
  throw new CommandError(
    'NODE_ENV is production, and `token mint` is for development. In production, users log in.',
  )
}

function claimsIn(json: string | undefined): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(json ?? '{}')
    // One that is nested too deeply cannot be written again.
    if (shapeOf(Buffer.from(json ?? '')).depth > MAX_DEPTH) value = undefined
  } catch {
    value = undefined
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw new CommandError(
    `--claims must be a JSON object of at most ${MAX_DEPTH} levels, such as '{"role":"admin"}'. On Windows write "{\\"role\\":\\"admin\\"}".`,
  )
}
