import type { AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core'

/**
 * The HTTP adapter of the app. `undefined` before Nest has created it, and in apps without HTTP: microservices, and
 * contexts made by `NestFactory.createApplicationContext`, for which Nest sets `null`, against its own type.
 */
export function findHttpAdapter({ httpAdapter }: HttpAdapterHost): AbstractHttpAdapter | undefined {
  return (httpAdapter as AbstractHttpAdapter | null | undefined) ?? undefined
}
