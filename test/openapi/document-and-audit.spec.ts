import {
  Controller,
  Get,
  type INestApplication,
  RequestMethod,
  Version,
  VersioningType,
} from '@nestjs/common'
import { Public, routeAudit } from '@nest-jwt-auth/core'
import { describe, expect, it } from '@jest/globals'
import { adapters, startApp } from '../support/adapters.js'
import { operationsOf, securedDocument, type DocumentOptions } from './documents.js'
import { CatsModule, ExpressController, richApp } from './rich-app.js'

@Controller({ path: 'versions', version: ['1', '2'] })
class VersionsController {
  @Get()
  both() {
    return {}
  }

  @Get('open')
  @Public()
  @Version('2')
  open() {
    return {}
  }
}

@Controller({ path: 'twins', version: '1' })
class FirstTwinController {
  @Get()
  read() {
    return {}
  }
}

@Controller({ path: 'twins', version: '2' })
@Public()
class SecondTwinController {
  @Get()
  read() {
    return {}
  }
}

/** Without versions the second twin would get no request. */
const versioned = [VersionsController, FirstTwinController, SecondTwinController]

const withPrefix = (app: INestApplication) =>
  app.setGlobalPrefix('api/v', { exclude: [{ path: 'files/(.*)', method: RequestMethod.GET }] })

const shapes: { shape: string; configure?: (app: INestApplication) => unknown; options?: DocumentOptions }[] =
  [
    { shape: 'as it is' },
    { shape: 'OpenAPI 3.1', options: { openapi: '3.1.0' } },
    { shape: 'a global prefix', configure: withPrefix },
    {
      shape: 'a global prefix that the document leaves out',
      configure: withPrefix,
      options: { ignoreGlobalPrefix: true },
    },
    {
      shape: 'versions in the path, below a prefix',
      configure: (app) =>
        app.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }),
    },
    {
      shape: 'versions in the path, and no prefix in the document',
      configure: (app) =>
        app.setGlobalPrefix('v1').enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }),
      options: { ignoreGlobalPrefix: true },
    },
    {
      shape: 'versions in a header',
      configure: (app) => app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' }),
    },
    {
      shape: 'versions in the media type',
      configure: (app) => app.enableVersioning({ type: VersioningType.MEDIA_TYPE, key: 'v=' }),
    },
  ]

const isLocked = (security: object[] | undefined) =>
  (security ?? []).some((one) => Object.keys(one).length > 0)
const isOptional = (security: object[] | undefined) =>
  (security ?? []).some((one) => Object.keys(one).length === 0)

describe.each(adapters)('a document on $name', (adapter) => {
  const onBoth = shapes.filter(({ shape }) => adapter.name === 'express' || shape.includes('versions in'))
  describe.each(onBoth)('with $shape', ({ shape, configure, options }) => {
    it('has a lock on every guarded route, and on no public one', async () => {
      const own = [
        ...(shape.includes('versions') ? versioned : []),
        ...(adapter.name === 'express' ? [ExpressController] : []),
      ]
      const { nest } = await startApp(adapter, richApp({}, own), configure ? { configure } : {})
      const document = securedDocument(nest, options)
      const operations = [...operationsOf(document).values()]
      const routes = routeAudit(nest).filter(({ transport }) => transport === 'http')

      for (const { access, controller, handler, method, path } of routes) {
        // The default operationId names controller and handler, and owes nothing to paths.
        const usual = new RegExp(`^${controller}_${handler}(?![A-Za-z])`)
        const served = operations.filter(({ operationId }) => usual.test(operationId))
        const name = `${method} ${path} (${controller}.${handler}, ${access})`
        const isLast = controller !== 'FirstTwinController' || served.length > 0
        if (isLast) expect([name, served.length]).not.toEqual([name, 0])
        for (const { security } of served) {
          expect([name, isLocked(security)]).toEqual([name, access === 'required' || access === 'optional'])
          expect([name, isOptional(security)]).toEqual([name, access === 'optional'])
          if (access === 'public') expect([name, security]).toEqual([name, []])
        }
      }
      expect(operations.filter(({ security }) => security === undefined)).toEqual([])
    })
  })
})

describe.each(adapters)('several documents on $name', (adapter) => {
  it('each have the locks of their own routes', async () => {
    const { nest } = await startApp(adapter, richApp())
    const cats = operationsOf(securedDocument(nest, { include: [CatsModule] }))

    expect([...cats].map(([name, { security }]) => [name, security])).toEqual([
      ['GET /pets/small/cats/all', []],
      ['GET /pets/small/cats/open', []],
    ])
    const all = operationsOf(securedDocument(nest))
    expect(all.get('GET /pets/small/cats/all')?.security).toEqual([])
    expect(all.get('GET /pets/dogs/all')?.security).toEqual([{ bearer: [] }])
    expect(all.get('GET /pets/dogs/open')?.security).toEqual([{ bearer: [] }])
  })
})
