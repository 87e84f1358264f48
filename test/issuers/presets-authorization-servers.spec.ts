import { auth0, cognito, entra, keycloak, okta } from '@nest-jwt-auth/core/issuers'
import { describePreset } from './describe-preset.js'

const INVALID = 'token_claims_invalid'
const UNKNOWN = 'token_signature_invalid'
const JWT = { typ: 'JWT' }

const api = 'https://example.com/health-api'

describePreset('auth0', {
  preset: () => auth0({ domain: 'my-domain.auth0.com', audience: api }),
  keysAt: 'https://my-domain.auth0.com/.well-known/jwks.json',
  header: JWT,
  claims: {
    iss: 'https://my-domain.auth0.com/',
    sub: 'auth0|123456',
    aud: [api, 'https://my-domain.auth0.com/userinfo'],
    azp: 'my_client_id',
    scope: 'openid profile read:patients read:admin',
  },
  right: {
    'in the RFC 9068 profile': {
      header: { typ: 'at+jwt' },
      claims: { azp: undefined, client_id: 'my_client_id', jti: '73WakrfVbNJBaAmhQtEeDv' },
    },
    'of an app without a user': {
      claims: { sub: 'my_client_id@clients', aud: api, gty: 'client-credentials' },
    },
  },
  refused: {
    'an ID token': [
      INVALID,
      { claims: { aud: 'my_client_id', azp: undefined, scope: undefined, nonce: 'n' } },
    ],
    'an ID token for a client named like the API': [INVALID, { claims: { azp: undefined, nonce: 'n' } }],
    'of another tenant': [UNKNOWN, { claims: { iss: 'https://other.auth0.com/' } }],
    'with iss without its slash': [UNKNOWN, { claims: { iss: 'https://my-domain.auth0.com' } }],
    'for another API': [
      INVALID,
      { claims: { aud: ['https://other.example', 'https://my-domain.auth0.com/userinfo'] } },
    ],
    'without audience': [INVALID, { claims: { aud: undefined } }],
    'without typ': ['token_wrong_type', { header: { typ: undefined } }],
    'a logout token': ['token_wrong_type', { header: { typ: 'logout+jwt' } }],
  },
  granting: { scope: 'items:read' },
  denying: { permissions: ['items:read'] },
})

describePreset('auth0 with permissions', {
  preset: () => auth0({ domain: 'login.example.com', audience: ['other-api', api], permissions: true }),
  keysAt: 'https://login.example.com/.well-known/jwks.json',
  header: JWT,
  claims: {
    iss: 'https://login.example.com/',
    sub: 'auth0|123456',
    aud: api,
    azp: 'my_client_id',
    permissions: [],
  },
  refused: { 'for another API': [INVALID, { claims: { aud: 'https://other.example' } }] },
  granting: { permissions: ['items:read'] },
  denying: { scp: ['items:read'] },
})

describePreset('okta', {
  preset: () => okta({ domain: 'example.okta.com', audience: 'api://default' }),
  keysAt: 'https://example.okta.com/oauth2/default/v1/keys',
  header: {},
  claims: {
    ver: 1,
    jti: 'AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE',
    iss: 'https://example.okta.com/oauth2/default',
    aud: 'api://default',
    sub: 'ada@example.com',
    cid: 'nmdP1fcyvdVO11AL7ECm',
    uid: '00ujmkLgagxeRrAg20g3',
    scp: ['openid', 'email'],
  },
  right: { 'of an app without a user': { claims: { sub: 'nmdP1fcyvdVO11AL7ECm', uid: undefined } } },
  refused: {
    'an ID token': [
      INVALID,
      { claims: { aud: 'nmdP1fcyvdVO11AL7ECm', cid: undefined, scp: undefined, jti: 'ID.1' } },
    ],
    'an ID token for a client named like the API': [INVALID, { claims: { cid: undefined, scp: undefined } }],
    'of the org authorization server': [
      UNKNOWN,
      { claims: { iss: 'https://example.okta.com', aud: 'https://example.okta.com' } },
    ],
    'of another authorization server': [UNKNOWN, { claims: { iss: 'https://example.okta.com/oauth2/aus9' } }],
    'for another audience': [INVALID, { claims: { aud: 'api://billing' } }],
    'with the typ of something else': ['token_wrong_type', { header: JWT }],
  },
  granting: { scp: ['items:read'] },
  denying: { scope: 'items:read' },
})

describePreset('okta with clients', {
  preset: () =>
    okta({
      domain: 'login.example.com',
      audience: 'items',
      authorizationServer: 'aus5m9r1o4AsDJLe50g4',
      clients: ['web', 'mobile'],
    }),
  keysAt: 'https://login.example.com/oauth2/aus5m9r1o4AsDJLe50g4/v1/keys',
  header: {},
  claims: {
    iss: 'https://login.example.com/oauth2/aus5m9r1o4AsDJLe50g4',
    aud: 'items',
    sub: 'ada',
    cid: 'web',
  },
  refused: { 'of another client': [INVALID, { claims: { cid: 'other' } }] },
})

const realm = 'https://id.example.com/realms/staff'

const keycloakClaims = {
  jti: 'd58f5dc8-fd8f-462b-8a19-716f8f83985b',
  iss: realm,
  aud: 'account',
  sub: '36fa0f91-f94d-4a0c-afed-6b7d952e47da',
  typ: 'Bearer',
  azp: 'web',
  sid: '2a88c258-f73a-4103-b862-e1fbd8f4e04e',
  realm_access: { roles: ['offline_access', 'default-roles'] },
  scope: 'email profile',
}

describePreset('keycloak with clients', {
  preset: () => keycloak({ url: 'https://id.example.com/', realm: 'staff', clients: ['web', 'mobile'] }),
  keysAt: 'https://id.example.com/realms/staff/protocol/openid-connect/certs',
  header: JWT,
  claims: keycloakClaims,
  right: {
    'with the header of RFC 9068': { header: { typ: 'at+jwt' } },
    'without aud': { claims: { aud: undefined, azp: 'mobile' } },
  },
  refused: {
    'an ID token': [INVALID, { claims: { typ: 'ID', aud: 'web' } }],
    'a refresh token': [INVALID, { claims: { typ: 'Refresh', aud: realm } }],
    'an offline token': [INVALID, { claims: { typ: 'Offline', aud: realm } }],
    'a token bound to a key (DPoP)': [INVALID, { claims: { typ: 'DPoP' } }],
    'without the claim typ': [INVALID, { claims: { typ: undefined } }],
    'of another client': [INVALID, { claims: { azp: 'other' } }],
    'of another client with ours in aud': [INVALID, { claims: { azp: 'other', aud: ['account', 'web'] } }],
    'without a client': [INVALID, { claims: { azp: undefined } }],
    'of another realm': [UNKNOWN, { claims: { iss: 'https://id.example.com/realms/partners' } }],
  },
  granting: { scope: 'email items:read' },
  denying: { realm_access: { roles: ['items:read'] } },
})

describePreset('keycloak with an audience', {
  preset: () => keycloak({ url: 'https://id.example.com', realm: 'staff', audience: 'items-api' }),
  keysAt: 'https://id.example.com/realms/staff/protocol/openid-connect/certs',
  header: JWT,
  claims: { ...keycloakClaims, aud: ['items-api', 'account'] },
  refused: {
    'for account only': [INVALID, { claims: { aud: 'account' } }],
    'of a client named like the API': [INVALID, { claims: { aud: undefined, azp: 'items-api' } }],
    'an ID token': [INVALID, { claims: { typ: 'ID' } }],
  },
})

const pool = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123'

describePreset('cognito', {
  preset: () => cognito({ userPoolId: 'eu-west-1_AbCdEf123', clients: '7m1234abcdef' }),
  keysAt: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123/.well-known/jwks.json',
  header: {},
  claims: {
    sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
    'cognito:groups': ['admin'],
    iss: pool,
    client_id: '7m1234abcdef',
    token_use: 'access',
    scope: 'openid profile',
    username: 'ada',
  },
  refused: {
    'an ID token': [
      INVALID,
      { claims: { token_use: 'id', aud: '7m1234abcdef', client_id: undefined, 'cognito:username': 'ada' } },
    ],
    'an ID token with our client_id': [INVALID, { claims: { token_use: 'id' } }],
    'without token_use': [INVALID, { claims: { token_use: undefined } }],
    'of another app client': [INVALID, { claims: { client_id: 'other' } }],
    'without client_id': [INVALID, { claims: { client_id: undefined, aud: '7m1234abcdef' } }],
    'of another user pool': [UNKNOWN, { claims: { iss: pool.replace('AbCdEf123', 'Other0000') } }],
    'of another region': [UNKNOWN, { claims: { iss: pool.replaceAll('eu-west-1', 'us-east-1') } }],
    'with the typ of something else': ['token_wrong_type', { header: JWT }],
  },
  granting: { scope: 'openid items:read' },
  denying: { 'cognito:groups': ['items:read'] },
})

const [tenant, partner, foreign] = [
  '72f988bf-86f1-41af-91ab-2d7cd011db47',
  'fa15d692-e9c7-4460-a743-29f2956fd429',
  '8eaef023-2b34-4da1-9baa-8bc8c9d6a490',
]
const app = '6e74172b-be56-4843-9ff4-e66a39bb12e3'
const version1 = (id: string) => `https://sts.windows.net/${id}/`
const version2 = (id: string) => `https://login.microsoftonline.com/${id}/v2.0`

const entraClaims = {
  aud: app,
  iss: version2(tenant),
  azp: '75dbe77f-10a3-4e59-85fd-8c127544f17c',
  azpacr: '0',
  oid: '690222be-ff1a-4d56-abd1-7e4f7d38e474',
  scp: 'access_as_user',
  sub: 'HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ',
  tid: tenant,
  ver: '2.0',
}

describePreset('entra', {
  preset: () => entra({ tenants: tenant, audience: [app, `api://${app}`] }),
  keysAt: 'https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/discovery/v2.0/keys',
  header: JWT,
  claims: entraClaims,
  right: {
    'of version 1.0': {
      header: { x5t: 'i6lGk3FZzxRcUb2C3nEQ7syHJlY' },
      claims: {
        iss: version1(tenant),
        aud: `api://${app}`,
        azp: undefined,
        appid: '75dbe77f-10a3-4e59-85fd-8c127544f17c',
        ver: '1.0',
      },
    },
    'of an app without a user': { claims: { scp: undefined, roles: ['Items.Read.All'] } },
  },
  refused: {
    'an ID token': [INVALID, { claims: { azp: undefined, scp: undefined, roles: ['Admin'] } }],
    'of an app that nothing was granted': [INVALID, { claims: { scp: undefined } }],
    'with empty lists': [INVALID, { claims: { scp: '', roles: [] } }],
    'of another tenant': [UNKNOWN, { claims: { iss: version2(foreign), tid: foreign } }],
    'with the tid of another tenant': [INVALID, { claims: { tid: foreign } }],
    'with a list as tid': [INVALID, { claims: { tid: [tenant] } }],
    'without tid': [INVALID, { claims: { tid: undefined } }],
    'for Microsoft Graph': [INVALID, { claims: { aud: '00000003-0000-0000-c000-000000000000' } }],
    'with the template as issuer': [UNKNOWN, { claims: { iss: version2('{tenantid}') } }],
    'without typ': ['token_wrong_type', { header: { typ: undefined } }],
  },
  subjects: { ada: { claims: { sub: 'ada' } }, ida: { claims: { sub: 'ida', iss: version1(tenant) } } },
  granting: { scp: 'access_as_user items:read' },
  denying: { roles: ['items:read'] },
})

describePreset('entra with several tenants', {
  preset: () =>
    entra({ tenants: [tenant, partner], audience: app, clients: [entraClaims.azp], appRoles: true }),
  keysAt: 'https://login.microsoftonline.com/common/discovery/v2.0/keys',
  header: JWT,
  claims: entraClaims,
  right: {
    'of the second tenant': { claims: { iss: version2(partner), tid: partner } },
    'of a listed client that nothing was granted': { claims: { scp: undefined } },
  },
  refused: {
    'with the tid of the other tenant': [INVALID, { claims: { tid: partner } }],
    'of a third tenant': [UNKNOWN, { claims: { iss: version2(foreign), tid: foreign } }],
    'of another client': [INVALID, { claims: { azp: app } }],
    'an ID token': [INVALID, { claims: { azp: undefined } }],
  },
  subjects: {
    [`${version2(tenant)}|ada`]: { claims: { sub: 'ada' } },
    [`${version2(partner)}|ada`]: { claims: { sub: 'ada', iss: version1(partner), tid: partner } },
  },
  granting: { roles: ['items:read'] },
})
