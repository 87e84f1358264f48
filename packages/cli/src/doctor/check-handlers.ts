import type { AuditedRoute } from '@nest-jwt-auth/core'
import { cachedHandlers } from './cached-handlers.js'
import type { ExaminedApp } from './examined-app.js'
import type { Report } from './report.js'
import { placeOf } from './routes.js'

/** Looks at all handlers: who may call them, and whether a cache stands between them and the guard. */
export function checkHandlers(examined: ExaminedApp, report: Report): void {
  const { routes } = examined
  for (const route of routes) {
    if (route.access === 'open') reportOpen(route, report)
    if (route.shadows !== undefined) reportShadowed(route, route.shadows, report)
  }
  for (const sentence of routes.unseen) {
    report.skip(sentence.replace(/\.$/, ''), 'routeAudit(app) cannot see this')
  }
  if (!examined.isWholeApp) {
    report.skip(
      'what main.ts sets (global guards, prefix, versions, microservices)',
      'the app is made from its root module. Name a function that returns the app: --app dist/main.js#createApp',
    )
  }
  reportCached(examined, report)
}

function reportOpen(route: AuditedRoute, report: Report): void {
  const reason = route.by === undefined ? '' : ` ${route.by}.`
  report.add('handler_open', {
    at: placeOf(route),
    what: `No guard runs before the handler, and it is not @Public().${reason}`,
    fix: {
      where: 'above the handler or its class (or @Public() where anybody may call it)',
      write: '@UseGuards(JwtGuard)',
    },
  })
}

function reportShadowed(route: AuditedRoute, shadows: readonly string[], report: Report): void {
  report.add('route_shadowed', {
    at: placeOf(route),
    what: `It comes first, and takes the requests of ${shadows.join(' and ')}, which need a token.`,
    fix: {
      where: 'above the handler, or register the more specific route first',
      write: '@UseGuards(JwtGuard)',
    },
  })
}

function reportCached(examined: ExaminedApp, report: Report): void {
  for (const { route, interceptor, boundTo } of cachedHandlers(examined)) {
    report.add('guarded_handler_cached', {
      at: placeOf(route),
      what: `${interceptor} (${boundTo}) keeps one answer for each URL, whoever asks.`,
      fix: {
        where: `in ${interceptor === 'CacheInterceptor' ? 'a subclass of CacheInterceptor, used in its place' : interceptor}`,
        write: [
          'override trackBy(context: ExecutionContext): string | undefined {',
          '  const { method, url, auth } = context.switchToHttp().getRequest()',
          "  return method === 'GET' && auth ? JSON.stringify([auth.claims.sub, url]) : undefined",
          '}',
        ].join('\n'),
      },
    })
  }
}
