import type { INestApplication } from '@nestjs/common'
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { AppModule } from './app.module.js'
import type { Settings } from './settings.js'

const BODY_LIMIT = 100 * 1024 // bytes

/** The whole app, not yet listening. */
export async function createApp(settings: Settings): Promise<INestApplication> {
  const app = await NestFactory.create(AppModule.with(settings), createAdapter(settings), {
    bodyParser: false,
    logger: [settings.logLevel],
    // A start that fails is explained once, by whoever called this.
    abortOnError: false,
    bufferLogs: true,
    autoFlushLogs: false,
  })
  app.flushLogs()
  return app.init()
}

/** Bodies are JSON or nothing: what a form on a foreign page can send is read nowhere, not even by the login. */
function createAdapter({ adapter }: Settings): AbstractHttpAdapter {
  if (adapter === 'fastify') return new FastifyAdapter({ bodyLimit: BODY_LIMIT })
  const express = new ExpressAdapter()
  express.useBodyParser('json', false, { limit: BODY_LIMIT })
  return express
}
