import {
  Controller,
  Delete,
  Get,
  type ModuleMetadata,
  Patch,
  Post,
  Put,
  UseGuards,
  VersioningType,
} from '@nestjs/common'
import { ApiBasicAuth } from '@nestjs/swagger'
import {
  JwtAuthModule,
  JwtGuard,
  Public,
  RequireFresh,
  RequireScopes,
  TokenLocations,
} from '@nest-jwt-auth/core'
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

@Controller({ path: 'items', version: '1' })
@UseGuards(JwtGuard)
class StrictController {
  @Get()
  @Public()
  list() {
    return []
  }

  @Post()
  @TokenLocations('cookie')
  create() {
    return {}
  }

  @Delete()
  @TokenLocations('cookie')
  remove() {
    return {}
  }

  @Put()
  @TokenLocations({ body: 'token' })
  replace() {
    return {}
  }

  @Patch()
  @RequireFresh('10m')
  change() {
    return {}
  }
}

/** It needs more of the same. */
@Controller({ path: 'items', version: '2' })
@UseGuards(JwtGuard)
class StricterController extends StrictController {
  @Delete()
  @TokenLocations('header', 'cookie')
  override remove() {
    return {}
  }

  @Patch()
  @RequireFresh('5m')
  override change() {
    return {}
  }
}

@Controller('paths')
@UseGuards(JwtGuard)
class PathsController {
  @Get('all/(.*)')
  all() {
    return {}
  }

  @Get('some/+')
  some() {
    return {}
  }

  @Get('items\\:search')
  search() {
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

  it('has what several handlers need together', async () => {
    const operationIdFactory = (_: string, handler: string) => handler
    const options = {
      secret: SECRET,
      refreshToken: false,
      locations: ['header', 'cookie'],
      csrf: { doubleSubmit: true },
    } as const
    const imports = [JwtAuthModule.forRoot(options)]
    const controllers = [StrictController, StricterController]
    const { nest } = await startApp(adapter, { imports, controllers }, withVersions)
    const document = securedDocument(nest, { operationIdFactory })
    const change = operationAt(document, 'POST /items')
    expect(change.parameters).toMatchObject([{ name: 'x-csrf-token', in: 'header', required: true }])
    expect(change.responses['403']?.description).toContain('csrf_failed')
    const remove = operationAt(document, 'DELETE /items')
    expect(remove.parameters).toMatchObject([{ name: 'x-csrf-token', required: false }])
    const list = operationAt(document, 'GET /items')
    expect(list.security).toEqual([])
    expect(Object.keys(list.responses)).toEqual(['200'])
    const sent = operationAt(document, 'PUT /items')
    expect(sent.requestBody).toMatchObject({
      content: { 'application/json': { schema: { properties: { token: {} } } } },
    })
    const fresh = operationAt(document, 'PATCH /items')
    expect(fresh.responses['401']?.description).toMatch(/\b5 minutes|\b300\b/)
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

it('an operation of Express has its lock under the paths of Express 4, and with escaped characters', async () => {
  const [express = adapters[0]!] = adapters
  const { nest } = await startApp(express, app(PathsController))
  const operations = Object.values(securedDocument(nest).paths)
  expect(operations).toHaveLength(3)
  for (const { get } of operations) expect(get?.security).toEqual([{ bearer: [] }])
})
