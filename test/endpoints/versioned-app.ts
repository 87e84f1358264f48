import { type Provider, VersioningType } from '@nestjs/common'
import { startApp, type Adapter, type RunningApp } from '../support/adapters.js'
import { authApp, type Settings } from './app.js'

/** Where the ready-made routes of `startVersioned` are. */
export const base = '/api/v1/auth'

/** Every ready-made route below a global prefix and a version. */
export function startVersioned(
  adapter: Adapter,
  settings: Settings = {},
  also: readonly Provider[] = [],
): Promise<RunningApp> {
  const { providers = [], ...metadata } = authApp(settings)
  return startApp(
    adapter,
    { ...metadata, providers: [...providers, ...also] },
    {
      configure: (nest) =>
        nest.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }),
    },
  )
}
