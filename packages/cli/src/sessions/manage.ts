import type { AuthSession } from '@nest-jwt-auth/core'
import { APP_OPTIONS, type GivenAppOptions } from '../app/app-options.js'
import { type Auth, authOf } from '../app/auth-of.js'
import { withApp } from '../app/open-app.js'
import { type Options, readArguments } from '../arguments/read-arguments.js'
import { usageOf } from '../arguments/usage.js'
import { type Command, CommandError } from '../command.js'
import { relativeTime } from '../describe-time.js'
import { printable, printableJson } from '../printable.js'
import { tableOf } from '../table.js'
import type { Terminal } from '../terminal.js'

const LIST_OPTIONS = {
  ...APP_OPTIONS,
  json: { type: 'boolean', help: 'Prints JSON.' },
} as const satisfies Options
const REVOKE_OPTIONS = {
  ...APP_OPTIONS,
  all: {
    type: 'string',
    value: 'sub',
    help: 'Ends all sessions of this subject, and all its tokens without a session.',
  },
  except: { type: 'string', value: 'session', help: 'With --all: a session that is not ended.' },
} as const satisfies Options

const NEEDS_STORE =
  'For an app whose session store all its processes share, such as SqlSessionStore or RedisSessionStore.'

export const listSessions: Command = {
  name: 'sessions list',
  summary: 'Lists the sessions of a subject, the last used first.',
  usage: usageOf('sessions list <sub> [options]', LIST_OPTIONS, [NEEDS_STORE]),
  async run(args, terminal) {
    const { options, positionals } = readArguments(args, LIST_OPTIONS, 1)
    const [sub] = positionals
    if (sub === undefined) throw new CommandError('Name the subject: nest-jwt-auth sessions list <sub>.')
    const sessions = await withSessions(options, terminal, ({ tokens }) => tokens.sessions(sub))
    if (options.json) terminal.print(printableJson(sessions, 2))
    else for (const line of describeSessions(sessions, Date.now())) terminal.print(line)
    return 0
  },
}

export const revokeSessions: Command = {
  name: 'sessions revoke',
  summary: 'Ends a session and all its tokens, or all sessions of a subject.',
  usage: usageOf('sessions revoke <session> | --all <sub> [options]', REVOKE_OPTIONS, [
    NEEDS_STORE,
    'Exit code 1 where there is no such session. --all is good for a subject without sessions, too.',
  ]),
  async run(args, terminal) {
    const { options, positionals } = readArguments(args, REVOKE_OPTIONS, 1)
    const [session] = positionals
    const { all, except } = options
    if ((session === undefined) === (all === undefined)) {
      throw new CommandError(
        'Name either a session, `sessions revoke <session>`, or a subject, `sessions revoke --all <sub>`.',
      )
    }
    if (except !== undefined && all === undefined) throw new CommandError('--except needs --all.')
    const count = await withSessions(options, terminal, async ({ tokens }) => {
      if (all !== undefined) return tokens.revokeAll(all, { except })
      return Number(await tokens.revokeSession(session ?? ''))
    })
    if (all === undefined && count === 0) {
      terminal.warn(
        'There is no such session, or it has ended. `sessions list <sub>` shows those of a subject.',
      )
      return 1
    }
    terminal.print(`${count} ${count === 1 ? 'session was' : 'sessions were'} ended.`)
    return 0
  },
}

function withSessions<T>(
  options: GivenAppOptions,
  terminal: Terminal,
  work: (auth: Auth) => Promise<T>,
): Promise<T> {
  return withApp(options, 'started', terminal, async (open) => {
    const auth = authOf(open)
    if (auth.settings.sessionStore instanceof open.core.InMemorySessionStore) {
      throw new CommandError(
        'The app keeps its sessions in memory, so only the running app itself knows them. Set `sessionStore` to a ' +
          'store that all processes share, such as SqlSessionStore or RedisSessionStore.',
      )
    }
    return work(auth)
  })
}

function describeSessions(sessions: readonly AuthSession[], now: number): string[] {
  if (sessions.length === 0) return ['There are no sessions of this subject.']
  const rows = sessions.map(({ id, createdAt, lastUsedAt, expiresAt, metadata }) => [
    printable(id),
    relativeTime(createdAt.getTime(), now),
    relativeTime(lastUsedAt.getTime(), now),
    relativeTime(expiresAt.getTime(), now),
    Object.keys(metadata).length === 0 ? '' : printableJson(metadata),
  ])
  return tableOf(['SESSION', 'OPENED', 'LAST USED', 'EXPIRES', 'METADATA'], rows)
}
