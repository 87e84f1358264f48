import { All, Controller, UseGuards } from '@nestjs/common'
import { Claims, JwtAuthModule, JwtGuard, OptionalAuth } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { NOW } from '../legacy-tokens/former-app.js'
import { adapters } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { describeFuzz } from './describe-fuzz.js'
import { AppInMemory } from './http-in-memory.js'
import { outcomeOf } from './outcomes.js'
import { bytesOf, type FuzzedRequest, readRequest, TOKENS, valuesOf } from './requests.js'

@Controller('me')
@UseGuards(JwtGuard)
class MeController {
  @All()
  me(@Claims('sub') sub: string) {
    return { sub }
  }

  @All('optional')
  @OptionalAuth()
  optional(@Claims('sub') sub: string | undefined) {
    return { sub: sub ?? 'nobody' }
  }
}

const words = [
  'Authorization: authorization: X-Token: x-token: Origin: Sec-Fetch-Site: X-Forwarded-Host: WWW-Authenticate:',
  'Content-Type: Content-Length: Transfer-Encoding: Expect: Upgrade: Host: Connection:',
  'Bearer bearer Basic Bearer, BearerToken',
  '$ADA $BEN $OLD $NONE',
  'GET POST OPTIONS HEAD',
  '/me /me/optional',
  'application/json chunked 100-continue websocket keep-alive null',
].map((group) => group.split(' '))

type Located = 'nothing' | 'bad' | 'ada' | 'ben'

/** Who the request's token is of. Written anew from the contract: the first location that carries anything decides. */
function located(request: FuzzedRequest): Located {
  const [authorization = '', ...repeated] = valuesOf(request, 'authorization')
  if (repeated.length > 0) return 'bad'
  const [, bearer] = /^bearer(?=$|[^!#$%&'*+.^_`|~\w-])(.*)$/is.exec(authorization) ?? []
  if (bearer !== undefined) return subjectOf(bearer.replace(/^ +/, ''))
  const [token = '', ...others] = valuesOf(request, 'x-token')
  if (others.length > 0) return 'bad'
  return token === '' ? 'nothing' : subjectOf(token)
}

const subjectOf = (token: string): Located =>
  token === TOKENS.$ADA ? 'ada' : token === TOKENS.$BEN ? 'ben' : 'bad'

describeFuzz('headers', async () => {
  const apps: AppInMemory[] = []
  for (const { create } of adapters) {
    const auth = JwtAuthModule.forRoot({
      keys: [{ algorithm: 'HS256', secret: SECRET, kid: 'own' }],
      refreshToken: false,
      locations: ['header', { header: 'x-token' }],
    })
    const metadata = { imports: [auth], controllers: [MeController] }
    apps.push(await AppInMemory.start(create(), metadata, new FakeClock(NOW * 1000)))
  }

  return {
    words,
    outcomes: [
      'passed',
      'not ours',
      'token_missing',
      'token_malformed',
      'token_signature_invalid',
      'token_expired',
    ],
    limit: { fixed: 6000, perByte: 60 },
    run: async (input) => {
      const request = readRequest(input, ['/me', '/me/optional'], TOKENS)
      const answer = await (apps[request.choice % apps.length] as AppInMemory).send(bytesOf(request))
      const who = located(request)
      const isOptional = request.path.startsWith('/me/optional')
      const isAllowed = who === 'ada' || who === 'ben' || (isOptional && who === 'nothing')
      const sub = who === 'nothing' ? 'nobody' : who
      return outcomeOf(answer, isAllowed, request.method === 'HEAD' ? '' : `{"sub":"${sub}"}`)
    },
  }
})
