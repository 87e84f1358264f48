import { APP_OPTIONS } from '../app/app-options.js'
import { withApp } from '../app/open-app.js'
import { type GivenOptions, type Options, readArguments } from '../arguments/read-arguments.js'
import { usageOf } from '../arguments/usage.js'
import { type Command, CommandError } from '../command.js'
import { printableJson } from '../printable.js'
import type { Terminal } from '../terminal.js'
import { decodeToken } from './decode-token.js'
import { SECRET_OPTIONS } from './read-secret.js'
import { readToken } from './read-token.js'
import { askApp, describeVerdict, type Verdict } from './verdict.js'
import { readVerifier } from './verifiers.js'

const OPTIONS = {
  ...APP_OPTIONS,
  kind: {
    type: 'string',
    value: 'access|refresh',
    help: 'The kind of token that is accepted. By the app, default: access.',
  },
  jwks: {
    type: 'string',
    value: 'file|url',
    help: 'Verifies with the key set in this file or at this https address.',
  },
  'public-key': { type: 'string', value: 'file', help: 'Verifies with the public key in this PEM file.' },
  ...SECRET_OPTIONS,
  algorithm: { type: 'string', value: 'name', help: 'With a secret: HS256 (default), HS384 or HS512.' },
  issuer: { type: 'string', value: 'iss', help: 'With keys: the iss that the token must have.' },
  audience: { type: 'string', value: 'aud', help: 'With keys: an audience that the token must name.' },
  json: {
    type: 'boolean',
    help: 'Prints { accepted, claims } or { accepted, errorCode, message, reason } as JSON.',
  },
} as const satisfies Options

export type VerifyTokenOptions = GivenOptions<typeof OPTIONS>

export const verifyToken: Command = {
  name: 'token verify',
  summary:
    'Verifies a token: with the app, its session store included, or with a key set, a public key or a secret.',
  usage: usageOf('token verify [<token>] [options]', OPTIONS, [
    'Without <token> it is read from the standard input. Prints the claims of an accepted token as JSON.',
    'Exit code 1 where it is refused. With keys alone nothing is known of sessions and revocation.',
  ]),
  async run(args, terminal) {
    const { options, positionals } = readArguments(args, OPTIONS, 1)
    const kind = kindIn(options.kind)
    if (options['secret-file'] === '-' && (positionals[0] ?? '-') === '-') {
      throw new CommandError('The standard input has the secret, so the token must be the argument.')
    }
    const verifier = await readVerifier(options, terminal)
    const token = await readToken(positionals[0], terminal)
    decodeToken(token)
    if (verifier !== undefined)
      return report(await verifier.verify(token, kind), verifier.name, options, terminal)
    const verdict = await withApp(options, 'started', terminal, (open) =>
      askApp(open, token, kind ?? 'access'),
    )
    return report(verdict, 'The app', options, terminal)
  },
}

function report(verdict: Verdict, who: string, { json }: VerifyTokenOptions, terminal: Terminal): 0 | 1 {
  if (json) terminal.print(printableJson(verdict))
  else if (verdict.accepted) terminal.print(printableJson(verdict.claims))
  if (!json) terminal.warn(describeVerdict(verdict, who))
  return verdict.accepted ? 0 : 1
}

function kindIn(kind: string | undefined): 'access' | 'refresh' | undefined {
  if (kind === undefined || kind === 'access' || kind === 'refresh') return kind
  throw new CommandError('--kind must be access or refresh.')
}
