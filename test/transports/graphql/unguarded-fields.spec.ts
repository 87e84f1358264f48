import { UseGuards } from '@nestjs/common'
import { Query, Resolver } from '@nestjs/graphql'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { Claims, JwtAuthModule, JwtGuard } from '@nest-jwt-auth/core'
import { type RunningApp, startApp } from '../../support/adapters.js'
import { bearer, graphqlServers, sendGraphql } from '../../support/graphql-servers.js'
import { SECRET } from '../../support/forge.js'
import { logs } from '../../support/logs.js'

@Resolver()
class Fields {
  @Query(() => String)
  @UseGuards(JwtGuard)
  guarded(@Claims('sub') sub: string) {
    return sub
  }

  /** The guard was forgotten. */
  @Query(() => String, { nullable: true })
  unguarded(@Claims('sub') sub: string | undefined) {
    return sub
  }
}

describe.each(graphqlServers)('a root field without a guard on $name', (server) => {
  let app: RunningApp

  beforeAll(async () => {
    app = await startApp(server.adapter, {
      imports: [JwtAuthModule.forRoot({ secret: SECRET }), server.module()],
      providers: [Fields],
    })
  })

  it.each(['{ unguarded }', '{ guarded unguarded }', '{ unguarded guarded }'])(
    'knows no caller, whatever other fields were guarded: %s',
    async (query) => {
      logs.clear()
      const { body } = await sendGraphql(app, query, bearer(await app.tokens.issueAccessToken('ada')))

      expect(body.errors).toMatchObject([{ path: ['unguarded'] }])
      expect(body.data).toEqual(
        query.includes(' guarded') ? { guarded: 'ada', unguarded: null } : { unguarded: null },
      )
      expect(JSON.stringify(body.errors) + logs.text('error')).toContain('@Claims() on Fields.unguarded')
    },
  )
})
