import 'reflect-metadata'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'

/** One contender in a process of its own: listens on loopback, and tells its parent what it has used so far. */
process.once('disconnect', () => process.exit())
process.on('message', (message) => (message === 'used' ? report() : void serve(message)))

async function serve({ file, adapter, setting }) {
  const { prepare } = await import(file)
  const { configure, ...metadata } = prepare(setting)
  class AppModule {}
  Module(metadata)(AppModule)
  const app = await NestFactory.create(AppModule, await adapterOf(adapter), { logger: false })
  await configure?.(app)
  await app.listen(0, '127.0.0.1')
  process.send({ port: app.getHttpServer().address().port })
}

async function adapterOf(name) {
  if (name === 'fastify') return new (await import('@nestjs/platform-fastify')).FastifyAdapter()
  return new (await import('@nestjs/platform-express')).ExpressAdapter()
}

function report() {
  const { user, system } = process.cpuUsage()
  globalThis.gc?.()
  process.send({ cpu: user + system, ...process.memoryUsage() })
}
