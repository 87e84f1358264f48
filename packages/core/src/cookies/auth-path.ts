import { RequestMethod, VERSION_NEUTRAL, VersioningType } from '@nestjs/common'
import type { ApplicationConfig } from '@nestjs/core'

/** The routes that are sent the refresh cookie. */
const ROUTES = ['refresh', 'logout']

/**
 * The longest path that all routes with the refresh cookie are below: global prefix, version, and their own path. What
 * differs between them, and what is a parameter, is left out. With several default versions that is all but the prefix.
 */
export function authPath(path = 'auth', config: ApplicationConfig): string {
  const folders = ROUTES.flatMap((route) => {
    const prefix = isWithoutPrefix(`/${segmentsOf(`${path}/${route}`).join('/')}`, config)
      ? ''
      : config.getGlobalPrefix()
    return versionsIn(config).map((version) => segmentsOf(`${prefix}/${version}/${path}`))
  })
  const [first = []] = folders
  const end = first.findIndex(
    (segment, at) => /[:*{}()]/.test(segment) || folders.some((other) => other[at] !== segment),
  )
  return encodeURI(`/${first.slice(0, end === -1 ? undefined : end).join('/')}`)
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '')
}

/** The path segment of each version that a controller without one of its own is served under; `''`: none. */
function versionsIn(config: ApplicationConfig): string[] {
  const versioning = config.getVersioning()
  if (versioning?.type !== VersioningType.URI) return ['']
  const { defaultVersion = VERSION_NEUTRAL, prefix = 'v' } = versioning
  return [defaultVersion]
    .flat()
    .map((version) =>
      version === VERSION_NEUTRAL ? '' : `${prefix === false ? '' : prefix}${String(version)}`,
    )
}

/** `app.setGlobalPrefix(prefix, { exclude })`. */
function isWithoutPrefix(route: string, config: ApplicationConfig): boolean {
  return (config.getGlobalPrefixOptions().exclude ?? []).some(
    ({ requestMethod, pathRegex }) =>
      [RequestMethod.POST, RequestMethod.ALL, -1].includes(requestMethod) && pathRegex.test(route),
  )
}
