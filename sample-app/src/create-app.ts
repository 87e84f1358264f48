import type { INestApplication } from '@nestjs/common'
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { WsAdapter } from '@nestjs/platform-ws'
import { AppModule } from './app.module.js'
import { serveDocs } from './docs.js'
import type { Settings } from './settings.js'

const BODY_LIMIT = 100 * 1024 // bytes

/** Creates the app; it does not listen yet. */
export async function createApp(settings: Settings): Promise<INestApplication> {
  const app = await NestFactory.create(AppModule.with(settings), createAdapter(settings), {
    bodyParser: false,
    logger: [settings.logLevel],
    // The caller explains why a start failed.
    abortOnError: false,
    bufferLogs: true,
    autoFlushLogs: false,
  })
  app.flushLogs()
  app.useWebSocketAdapter(new WsAdapter(app))
  serveDocs(app)
  return app.init()
}

/** Only JSON bodies are parsed, so that no route, not even the login, reads what a form on another site can send. */
function createAdapter({ adapter }: Settings): AbstractHttpAdapter {
  if (adapter === 'fastify') return new FastifyAdapter({ bodyLimit: BODY_LIMIT })
  const express = new ExpressAdapter()
  express.useBodyParser('json', false, { limit: BODY_LIMIT })
  return express
}
