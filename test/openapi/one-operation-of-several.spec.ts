import { Controller, Get, type ModuleMetadata, UseGuards, VersioningType } from '@nestjs/common'
import { ApiBasicAuth } from '@nestjs/swagger'
import { JwtAuthModule, JwtGuard, Public, RequireScopes } from '@nest-jwt-auth/core'
import { describe, expect, it } from '@jest/globals'
import { adapters, startApp, type StartOptions } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { type DocumentOptions, operationAt, securedDocument } from './documents.js'

@Controller({ path: 'items', version: '1' })
@UseGuards(JwtGuard)
class FirstController {
  @Get()
  @RequireScopes('items:read')
  list() {
    return []
  }
}

@Controller({ path: 'items', version: '2' })
@Public()
class SecondController {
  @Get()
  list() {
    return []
  }
}

@Controller('hand-made')
class OpenController {
  @Get()
  @ApiBasicAuth()
  declared() {
    return {}
  }

  @Get('silent')
  silent() {
    return {}
  }
}

const app = (...controllers: NonNullable<ModuleMetadata['controllers']>): ModuleMetadata => ({
  imports: [JwtAuthModule.forRoot({ secret: SECRET, refreshToken: false })],
  controllers,
})

const withVersions: StartOptions = {
  configure: (nest) => nest.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' }),
}

describe.each(adapters)('an operation that several handlers serve on $name', (adapter) => {
  const documented = async (
    controllers: NonNullable<ModuleMetadata['controllers']>,
    options?: DocumentOptions,
    start = withVersions,
  ) => {
    const { nest } = await startApp(adapter, app(...controllers), start)
    return securedDocument(nest, options)
  }

  it('has the lock of the one that the document describes', async () => {
    const guardedLast = await documented([SecondController, FirstController])
    expect(operationAt(guardedLast, 'GET /items').security).toEqual([{ bearer: [] }])
    const publicLast = await documented([FirstController, SecondController])
    expect(operationAt(publicLast, 'GET /items').security).toEqual([])
  })

  it('has every lock where nothing tells which one that is', async () => {
    const operationIdFactory = (_: string, handler: string) => handler
    const operation = operationAt(
      await documented([FirstController, SecondController], { operationIdFactory }),
      'GET /items',
    )
    expect(operation.security).toEqual([{ bearer: [] }, {}])
    expect(operation['x-required-scopes']).toEqual(['items:read'])
    expect(Object.keys(operation.responses)).toEqual(['200', '401', '403'])
  })

  it('keeps what an open handler says of itself', async () => {
    const document = await documented([OpenController])
    expect(operationAt(document, 'GET /hand-made').security).toEqual([{ basic: [] }])
    expect(operationAt(document, 'GET /hand-made/silent').security).toBeUndefined()
  })
})

it('an operation of Express has the lock of the first handler, which gets all requests', async () => {
  const [express = adapters[0]!] = adapters
  const { nest } = await startApp(express, app(FirstController, SecondController))
  expect(operationAt(securedDocument(nest), 'GET /items').security).toEqual([{ bearer: [] }])
})
