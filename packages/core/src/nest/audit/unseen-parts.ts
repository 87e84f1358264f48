import type { ModulesContainer } from '@nestjs/core'
import { appGuards, graphqlOptions } from '../nest-internals.js'

const ALWAYS = [
  'Modules that are loaded lazily and not loaded yet.',
  'Routes and middleware that are registered on the HTTP adapter itself, such as static files.',
  'Connections of gateways: `handleConnection` runs no guards, so protect the server with `JwtSockets.protect`.',
]

const PREVIEW = [
  'The app is a preview. Global guards, the prefix, versions and microservices that `main.ts` sets are seen only if they ' +
    'are set on this app too, before the audit.',
  'Resolvers that a factory makes: factories do not run in a preview.',
]

/** What an audit could not look at, in sentences. */
export function unseenParts(
  modules: ModulesContainer,
  isPreview: boolean,
  knowsGuards: boolean,
): readonly string[] {
  const lines: readonly [isSo: boolean, line: string][] = [
    ...ALWAYS.map((line): [boolean, string] => [true, line]),
    ...PREVIEW.map((line): [boolean, string] => [isPreview, line]),
    [
      isPreview && !knowsGuards,
      'The guards of the option `audit.guards`: the options come from `forRootAsync`, whose factory does not run in a preview.',
    ],
    [
      appGuards(modules).includes(undefined),
      'A global guard that a factory makes: factories do not run in a preview. Provide it by `useClass` or `useExisting`.',
    ],
    [
      graphqlOptions(modules).includes(undefined),
      'The option `fieldResolverEnhancers` of a GraphQL module whose options come from a factory: its fields count as open.',
    ],
  ]
  return lines.filter(([isSo]) => isSo).map(([, line]) => line)
}
