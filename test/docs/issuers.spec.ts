import { beforeAll, describe, expect, it } from '@jest/globals'
import { OtherParty } from '../issuers/foreign-app.js'
import { RsaParty } from '../issuers/rsa-party.js'
import { sendRequest } from '../support/http.js'
import { refused } from '../support/refusals.js'
import { appsOf, type Sources } from './code-blocks.js'
import { starterMain, useCompiler, whileRunning } from './compiled-apps.js'

const page = 'docs/issuers.md'
const compiled = useCompiler()
const builds = ['dist', 'dist-swc']
const sources = (name: string): Sources => [starterMain, ...(appsOf(page).get(name) ?? [])]

const TENANT = '72f988bf-86f1-41af-91ab-2d7cd011db47'
const api = 'https://api.example.com'
const AUTH0 = 'https://example.eu.auth0.com/'
const KEYCLOAK = 'https://id.example.com/realms/staff'
const ENTRA = `https://login.microsoftonline.com/${TENANT}`
const LOGIN = 'https://login.example.com'

const [auth0, keycloak, entra, login] = [
  new RsaParty(),
  new RsaParty(),
  new RsaParty(),
  new OtherParty(LOGIN),
]

/** What the internet answers to the apps of the page. */
const answers = {
  [`${AUTH0}.well-known/jwks.json`]: auth0.jwks,
  [`${KEYCLOAK}/protocol/openid-connect/certs`]: keycloak.jwks,
  [`${ENTRA}/discovery/v2.0/keys`]: entra.jwks,
  [`${LOGIN}/.well-known/openid-configuration`]: { issuer: LOGIN, jwks_uri: `${LOGIN}/keys` },
  [`${LOGIN}/keys`]: { keys: [login.key.jwk] },
}

const JWT = { typ: 'JWT' }

const env = {
  JWT_SECRET: 'g3Vq8wRz1LkXo5NbT7yUc2EeHs9PdAmJ',
  AUTH0_DOMAIN: 'example.eu.auth0.com',
  KEYCLOAK_URL: 'https://id.example.com',
  ENTRA_TENANT: TENANT,
  ENTRA_APP: '6e74172b-be56-4843-9ff4-e66a39bb12e3',
  FETCH_ANSWERS: JSON.stringify(answers),
  NODE_OPTIONS: `--import ${new URL('answer-fetch.mjs', import.meta.url).href}`,
}

describe(page, () => {
  let beside: string
  let alone: string
  const get = (port: number, path: string, token: string) =>
    sendRequest(port, { path, headers: [['authorization', `Bearer ${token}`]] })

  beforeAll(async () => {
    beside = await compiled(page, sources(''))
    alone = await compiled(`${page} only-verifies`, sources('only-verifies'))
  })

  it.each(builds)('the app with own keys does what the page says, from %s', async (build) => {
    await whileRunning(
      beside,
      env,
      async (port) => {
        const sub = 'auth0|123456'
        const ofAda = {
          iss: AUTH0,
          sub,
          aud: api,
          azp: 'web',
          is_admin: true,
          scope: 'items:read',
          email: 'ada@example.com',
        }
        const ada = await get(port, '/me', auth0.token(JWT, ofAda))
        expect(ada).toMatchObject({ status: 200, body: { user: 'ada', claims: { sub: `${AUTH0}|${sub}` } } })
        expect(ada.text).not.toMatch(/is_admin|email/)
        expect(await get(port, '/items', auth0.token(JWT, ofAda))).toMatchObject({ status: 200 })
        const plain = auth0.token(JWT, { ...ofAda, scope: 'openid' })
        expect(await get(port, '/items', plain)).toMatchObject(refused(403, 'insufficient_scope'))

        const email = 'ida@example.com'
        const ofIda = { iss: KEYCLOAK, sub: '36fa0f91', aud: 'account', azp: 'web', typ: 'Bearer', email }
        const ida = await get(port, '/me', keycloak.token(JWT, ofIda))
        expect(ida).toMatchObject({ status: 200, body: { user: 'ida', claims: { email } } })
        const idToken = keycloak.token(JWT, { ...ofIda, typ: 'ID' })
        expect(await get(port, '/me', idToken)).toMatchObject(refused(401, 'token_claims_invalid'))

        const ofApp = {
          iss: `${ENTRA}/v2.0`,
          sub: 'x',
          aud: env.ENTRA_APP,
          tid: TENANT,
          azp: 'client',
          scp: 'all',
        }
        const nobody = await get(port, '/me', entra.token(JWT, ofApp))
        expect(nobody).toMatchObject(refused(401, 'identity_unknown'))
      },
      build,
    )
  })

  it.each(builds)('the app that only verifies does what the page says, from %s', async (build) => {
    await whileRunning(
      alone,
      env,
      async (port) => {
        const token = login.token({ aud: api, is_admin: true })
        expect(await get(port, '/me', token)).toMatchObject({
          status: 200,
          body: { user: 'ada', claims: { sub: 'ada', is_admin: true } },
        })
        const idToken = login.token({ aud: api }, { typ: 'JWT' })
        expect(await get(port, '/me', idToken)).toMatchObject(refused(401, 'token_wrong_type'))
      },
      build,
    )
  })

  it('says which variable is not set', async () => {
    const { AUTH0_DOMAIN: _, ...without } = env
    await expect(whileRunning(beside, without, () => Promise.resolve())).rejects.toThrow(
      'auth0.domain: The value is undefined; if it comes from an environment variable, that variable is not set.',
    )
  })
})
