import type { AuditedRoute } from '@nest-jwt-auth/core'
import { APP_OPTIONS } from './app/app-options.js'
import { withApp } from './app/open-app.js'
import { type Options, readArguments } from './arguments/read-arguments.js'
import { usageOf } from './arguments/usage.js'
import type { Command } from './command.js'
import { tableOf } from './table.js'
import type { Terminal } from './terminal.js'

const OPTIONS = {
  ...APP_OPTIONS,
  json: { type: 'boolean', help: 'Prints { routes, unseen } as JSON.' },
} as const satisfies Options

export const audit: Command = {
  name: 'audit',
  summary:
    'Lists every handler of the app with who may call it. Exit code 1 where one is open that no @Public() declares.',
  usage: usageOf('audit [options]', OPTIONS, [
    'The app is read as a preview: no provider is built, so it needs no database and no secret. What main.ts sets is seen',
    'if --app names a function that returns the app as main.ts makes it.',
  ]),
  async run(args, terminal) {
    const { options } = readArguments(args, OPTIONS)
    return withApp(options, 'preview', terminal, async ({ app, core }) => {
      const routes = core.routeAudit(app)
      const { unseen } = routes
      if (options.json) terminal.print(JSON.stringify({ routes, unseen }, undefined, 2))
      else printTable(routes, unseen, terminal)
      return routes.some(({ access }) => access === 'open') ? 1 : 0
    })
  },
}

function printTable(routes: readonly AuditedRoute[], unseen: readonly string[], terminal: Terminal): void {
  const rows = routes.map((route) => [
    route.access,
    route.transport,
    placeOf(route),
    `${route.controller}.${route.handler}`,
    route.by ?? '',
  ])
  for (const line of tableOf(['ACCESS', 'TRANSPORT', 'WHERE', 'HANDLER', 'DECIDED BY'], rows))
    terminal.print(line)
  for (const route of routes) {
    for (const shadowed of route.shadows ?? []) {
      terminal.warn(
        `${placeOf(route)} takes the requests of ${shadowed}, which needs a token: register it later.`,
      )
    }
  }
  for (const sentence of unseen) terminal.warn(`Not seen: ${sentence}`)
  const open = routes.filter(({ access }) => access === 'open').length
  if (open > 0) {
    terminal.warn(
      `${countOf(open, 'handler is', 'handlers are')} open. Guard each with @UseGuards(JwtGuard), or write @Public() on it.`,
    )
  }
}

function placeOf({ method, path, pattern, version, host }: AuditedRoute): string {
  const message = pattern === undefined ? undefined : JSON.stringify(pattern)
  const where = path === undefined ? (message ?? '') : `${method === undefined ? '' : `${method} `}${path}`
  const conditions = [...(version?.map((one) => `version ${one}`) ?? []), ...(host ?? [])]
  return conditions.length === 0 ? where : `${where} (${conditions.join(', ')})`
}

const countOf = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`
