import { Controller, Get, Injectable, UseGuards, type CanActivate } from '@nestjs/common'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { JwtAuthModule, JwtGuard, RequireClaims } from '@nest-jwt-auth/core'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { challengeOf, refused } from '../support/refusals.js'

@Injectable()
class OtherGuard implements CanActivate {
  canActivate(): boolean {
    return true
  }
}

@Controller('stacked')
@UseGuards(JwtGuard)
@RequireClaims({ tenant: 'acme' })
class StackedController {
  @Get()
  @RequireClaims({ role: 'editor' })
  @RequireClaims({ region: 'eu' })
  read() {
    return { read: true }
  }

  @Get('tenant')
  tenant() {
    return { read: true }
  }
}

@RequireClaims({ tenant: 'acme' })
class TenantBase {
  @Get('inherited')
  @RequireClaims({ region: 'eu' })
  inherited() {
    return { read: true }
  }
}

@Controller('derived')
@RequireClaims({ role: 'editor' })
class DerivedController extends TenantBase {
  @Get('own')
  own() {
    return { read: true }
  }
}

@RequireClaims({ plan: 'pro' })
class MiddleBase extends TenantBase {}

@Controller('third')
@RequireClaims({ role: 'editor' })
class ThirdController extends MiddleBase {}

const asked: string[] = []
const asking = (name: string) => (value: unknown) => {
  asked.push(name)
  return value === 'yes'
}

@RequireClaims({ base: asking('base') })
class AskingBase {}

@Controller('asking')
@RequireClaims({ class: asking('class') })
class AskingController extends AskingBase {
  @Get()
  @RequireClaims({ handler: asking('handler') })
  read() {
    return { read: true }
  }
}

@Controller('unbound')
class UnboundController {
  @Get()
  @RequireClaims({ role: 'editor' })
  read() {
    return { read: true }
  }

  @Get('open')
  open() {
    return { read: true }
  }
}

@Controller('unbound-base')
class UnboundBaseController extends TenantBase {}

@Controller('other-guard')
@UseGuards(OtherGuard)
class OtherGuardController extends TenantBase {
  @Get('own')
  own() {
    return { read: true }
  }
}

@Controller('messages')
class MessagesController {
  @Get('own')
  @RequireClaims({ role: 'editor' }, { message: 'An editor is needed.' })
  own() {
    return { read: true }
  }

  @Get('fixed')
  @RequireClaims({ role: 'editor' })
  fixed() {
    return { read: true }
  }

  @Get('fixed-too')
  @RequireClaims({ region: 'eu' })
  fixedToo() {
    return { read: true }
  }
}

const acme = { tenant: 'acme' }
const eu = { region: 'eu' }
const editor = { role: 'editor' }
const pro = { plan: 'pro' }

describe.each(adapters)('policies on $name', (adapter) => {
  let app: RunningApp

  beforeAll(async () => {
    app = await startApp(adapter, {
      imports: [JwtAuthModule.forRoot({ secret: SECRET, realm: 'shop' })],
      controllers: [
        StackedController,
        DerivedController,
        ThirdController,
        AskingController,
        UnboundController,
        UnboundBaseController,
        OtherGuardController,
        MessagesController,
      ],
    })
  })

  async function getAs(path: string, claims: Record<string, unknown>) {
    return app.get(path, await app.tokens.issueAccessToken('ida', { claims }))
  }

  it.each([
    ['several decorators and the class', '/stacked', [acme, editor, eu]],
    ['the class alone', '/stacked/tenant', [acme]],
    ['class and base class', '/derived/own', [acme, editor]],
    ['class, base class and the inherited handler', '/derived/inherited', [acme, editor, eu]],
    ['three classes and the inherited handler', '/third/inherited', [acme, pro, editor, eu]],
  ])('adds up %s', async (_, path, needed) => {
    const everything = Object.assign({}, ...needed) as Record<string, unknown>

    expect(await getAs(path, everything)).toMatchObject({ status: 200 })
    for (const name of Object.keys(everything)) {
      const claims = { ...everything, [name]: 'another' }
      expect(await getAs(path, claims)).toMatchObject(refused(403, 'insufficient_claims'))
    }
  })

  it('asks base class, class and handler in this order, and none after the first that refuses', async () => {
    const order = ['base', 'class', 'handler']
    for (const [at, refusing] of order.entries()) {
      asked.length = 0
      const claims = { base: 'yes', class: 'yes', handler: 'yes', [refusing]: 'no' }
      expect(await getAs('/asking', claims)).toMatchObject(refused(403, 'insufficient_claims'))
      expect(asked).toEqual(order.slice(0, at + 1))
    }
  })

  it.each([
    ['a handler of a controller without guards', '/unbound'],
    ['a class without guards', '/derived/own'],
    ['a base class', '/unbound-base/inherited'],
    ['a base class whose heir binds another guard', '/other-guard/own'],
  ])('brings the guard to %s', async (_, path) => {
    expect(await app.get(path)).toMatchObject(refused(401, 'token_missing'))
    expect(await getAs(path, {})).toMatchObject(refused(403, 'insufficient_claims'))
    expect(await getAs(path, { ...acme, ...editor, ...eu })).toMatchObject({ status: 200 })
  })

  it('does not guard other handlers of the class', async () => {
    expect(await app.get('/unbound/open')).toMatchObject({ status: 200 })
  })

  it('answers with the message of the decorator', async () => {
    const answer = await getAs('/messages/own', { role: 'reader' })

    expect(answer).toMatchObject({ status: 403, body: { message: 'An editor is needed.' } })
  })

  it('answers with the message of the code if the decorator gives none', async () => {
    const [one, other] = await Promise.all([getAs('/messages/fixed', {}), getAs('/messages/fixed-too', {})])

    expect(one.body).toMatchObject({ errorCode: 'insufficient_claims', message: expect.any(String) })
    expect(other.body).toEqual(one.body)
  })

  it('challenges without an error, since no scope would help', async () => {
    expect(challengeOf(await getAs('/messages/fixed', {}))).toEqual({
      scheme: 'Bearer',
      parameters: { realm: 'shop' },
    })
  })
})
