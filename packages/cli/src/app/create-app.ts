import type { INestApplication, INestApplicationContext, Type } from '@nestjs/common'
import type { AbstractHttpAdapter } from '@nestjs/core'
import { CommandError } from '../command.js'
import type { Terminal } from '../terminal.js'
import { isFunction, type LoadPackage, type NestCore } from './load-app.js'
import { quietLogger } from './quiet-logger.js'

/**
 * How far the app is brought up. `preview`: its modules are read, no provider is built and no connection is opened.
 * `built`: its providers are built, and no lifecycle hook is called. `started`: its lifecycle hooks have run too. It never
 * listens.
 */
export type Stage = 'preview' | 'built' | 'started'

interface Input {
  /** A module, or a function that returns the app or a promise of it. */
  readonly root: unknown
  readonly nest: NestCore
  readonly load: LoadPackage
  readonly stage: Stage
  readonly terminal: Terminal
}

export async function createApp(input: Input): Promise<INestApplicationContext> {
  const { root, nest, stage } = input
  const options = { logger: quietLogger(input.terminal), abortOnError: false }
  if (isFunction(root)) return fromFunction(root, stage)
  const module = root as Type
  if (stage === 'started') return nest.NestFactory.createApplicationContext(module, options)
  const reading = stage === 'preview' ? { ...options, preview: true, snapshot: true } : options
  const adapter = await httpAdapterOf(input.load)
  return adapter === undefined
    ? nest.NestFactory.createApplicationContext(module, reading)
    : nest.NestFactory.create(module, adapter, reading)
}

async function fromFunction(create: () => unknown, stage: Stage): Promise<INestApplicationContext> {
  const app = (await create()) as INestApplication | undefined
  if (typeof app?.get !== 'function' || typeof app.init !== 'function') {
    throw new CommandError('The function that --app names must return the Nest app, or a promise of it.')
  }
  return stage === 'started' ? app.init() : app
}

/** `undefined` in an app without HTTP. Nest itself would take Express too where both are installed. */
async function httpAdapterOf(load: LoadPackage): Promise<AbstractHttpAdapter | undefined> {
  const express = await loadOptional<{ ExpressAdapter: new () => AbstractHttpAdapter }>(
    load,
    '@nestjs/platform-express',
  )
  if (express !== undefined) return new express.ExpressAdapter()
  const fastify = await loadOptional<{ FastifyAdapter: new () => AbstractHttpAdapter }>(
    load,
    '@nestjs/platform-fastify',
  )
  return fastify && new fastify.FastifyAdapter()
}

async function loadOptional<Exports>(load: LoadPackage, name: string): Promise<Exports | undefined> {
  try {
    return await load<Exports>(name)
  } catch (error) {
    if (error instanceof CommandError) return undefined
    throw error
  }
}
