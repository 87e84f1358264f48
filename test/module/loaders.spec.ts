import {
  forwardRef,
  Inject,
  Injectable,
  Module,
  Scope,
  type InjectionToken,
  type ModuleMetadata,
  type OptionalFactoryDependency,
  type Type,
} from '@nestjs/common'
import { describe, expect, it } from '@jest/globals'
import {
  ClaimsLoader,
  IdentityLoader,
  JwtAuthModule,
  TokenService,
  type JwtClaims,
} from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { readToken, SECRET } from '../support/forge.js'

@Injectable()
class Plans {
  of(subject: unknown) {
    return `plan of ${String(subject)}`
  }
}

@Injectable()
class PlanClaims implements ClaimsLoader<unknown> {
  constructor(@Inject(Plans) private readonly plans: Plans) {}

  loadClaims(identity: unknown) {
    return { plan: this.plans.of(identity) }
  }
}

@Injectable()
class BothLoaders implements ClaimsLoader<{ id: string }>, IdentityLoader<{ id: string }> {
  loadClaims(user: { id: string }) {
    return { plan: user.id }
  }

  loadIdentity(claims: JwtClaims) {
    return { id: claims.sub }
  }
}

@Injectable({ scope: Scope.REQUEST })
class ScopedClaims implements ClaimsLoader<unknown> {
  loadClaims() {
    return {}
  }
}

@Injectable({ scope: Scope.REQUEST })
class Request {}

@Injectable()
class DrawnIntoScope implements ClaimsLoader<unknown> {
  constructor(@Inject(Request) readonly request: Request) {}

  loadClaims() {
    return {}
  }
}

@Module({ providers: [Plans, PlanClaims] })
class PlansModule {}

@Module({ providers: [Plans, PlanClaims] })
class OtherPlansModule {}

@Module({ imports: [PlansModule] })
class AreaModule {}

const withClaims = (claimsLoader: Type<ClaimsLoader<unknown>>) =>
  JwtAuthModule.forRoot({ secret: SECRET, claimsLoader })

async function planIn(metadata: ModuleMetadata): Promise<unknown> {
  const module = await startModule(metadata)
  return readToken(await module.get(TokenService).issueAccessToken('ida')).claims['plan']
}

describe('a loader class', () => {
  it('is found in the module that provides it, which exports nothing', async () => {
    expect(await planIn({ imports: [withClaims(PlanClaims), PlansModule] })).toBe('plan of ida')
  })

  it('is found in a module that the root does not import', async () => {
    expect(await planIn({ imports: [withClaims(PlanClaims), AreaModule] })).toBe('plan of ida')
    expect(await planIn({ imports: [AreaModule, withClaims(PlanClaims)] })).toBe('plan of ida')
  })

  it('is found for a module that is configured by a factory', async () => {
    const auth = JwtAuthModule.forRootAsync({
      claimsLoader: PlanClaims,
      useFactory: () => Promise.resolve({ secret: SECRET }),
    })

    expect(await planIn({ imports: [auth, AreaModule] })).toBe('plan of ida')
  })

  it('may load claims and identities', async () => {
    const imports = [
      JwtAuthModule.forRoot({ secret: SECRET, claimsLoader: BothLoaders, identityLoader: BothLoaders }),
    ]
    const module = await startModule({ imports, providers: [BothLoaders] })
    const pair = await module.get(TokenService).issue({ id: 'ida' })

    expect(readToken(pair.access_token).claims).toMatchObject({ sub: 'ida', plan: 'ida' })
  })

  it('that no module provides is a boot error with the line to write', async () => {
    const started = startModule({ imports: [withClaims(PlanClaims)] })

    await expect(started).rejects.toThrow('PlanClaims')
    await expect(started).rejects.toThrow('providers: [')
  })

  it('that no module provides is a boot error for identity loaders, too', async () => {
    const imports = [JwtAuthModule.forRoot({ secret: SECRET, identityLoader: BothLoaders })]

    await expect(startModule({ imports })).rejects.toThrow('BothLoaders')
  })

  it('that two modules provide is a boot error with both names', async () => {
    const started = startModule({ imports: [withClaims(PlanClaims), PlansModule, OtherPlansModule] })

    await expect(started).rejects.toThrow('PlanClaims')
    await expect(started).rejects.toThrow(/OtherPlansModule/)
  })

  it.each([ScopedClaims, DrawnIntoScope])('that is request-scoped is a boot error: %p', async (loader) => {
    const started = startModule({ imports: [withClaims(loader)], providers: [loader, Request] })

    await expect(started).rejects.toThrow(loader.name)
    await expect(started).rejects.toThrow(/scope/i)
  })
})

describe('a loader as provider body', () => {
  it('may be a value', async () => {
    const auth = JwtAuthModule.forRoot({
      secret: SECRET,
      claimsLoader: { useValue: { loadClaims: () => ({ plan: 'value' }) } },
    })

    expect(await planIn({ imports: [auth] })).toBe('value')
  })

  it.each<[string, InjectionToken | OptionalFactoryDependency]>([
    ['a class', Plans],
    ['a class that is named later', forwardRef(() => Plans) as never],
    ['a class that may be missing', { token: Plans, optional: true }],
  ])('may be a factory that is given what it injects: %s', async (_name, plans) => {
    @Module({ providers: [Plans], exports: [Plans] })
    class SharedPlansModule {}
    const auth = JwtAuthModule.forRootAsync({
      imports: [SharedPlansModule],
      claimsLoader: { useFactory: (plans: Plans) => new PlanClaims(plans), inject: [plans] },
      useFactory: () => ({ secret: SECRET }),
    })

    expect(await planIn({ imports: [auth] })).toBe('plan of ida')
  })
})

describe('a provider body that Nest could not use', () => {
  it.each<[string, object]>([
    ['empty', {}],
    ['no value', { useValue: undefined }],
    ['no class', { useClass: true }],
    ['no class, beside a value', { useClass: 'PlanClaims', useValue: {} }],
    ['a function that is no class', { useClass: () => ({}) }],
    ['no function', { useFactory: {} }],
    ['no list of tokens', { useFactory: () => ({}), inject: 'Plans' }],
    ['no token in the list', { useFactory: () => ({}), inject: [null] }],
    ['no token', { useExisting: 7 }],
  ])('is a mistake at boot that names the option: %s', async (_name, body) => {
    const names = ['claimsLoader', 'identityLoader', 'sessionStore', 'keyStore'] as const
    for (const name of names) {
      const auth = JwtAuthModule.forRoot({ secret: SECRET, [name]: body })
      await expect(startModule({ imports: [auth] })).rejects.toMatchObject({
        code: 'config_invalid',
        message: expect.stringContaining(`${name}: `),
      })
    }
  })
})

describe('a loader in the tests of an app', () => {
  const other = { loadClaims: () => ({ plan: 'overridden' }) }

  it.each<[string, unknown]>([
    ['its class', PlanClaims],
    ['its port', ClaimsLoader],
  ])('is overridden by %s', async (_, token) => {
    const module = await startModule(
      { imports: [withClaims(PlanClaims), AreaModule] },
      { override: (builder) => builder.overrideProvider(token).useValue(other) },
    )
    const issued = await module.get(TokenService).issueAccessToken('ida')

    expect(readToken(issued).claims).toMatchObject({ plan: 'overridden' })
  })
})
