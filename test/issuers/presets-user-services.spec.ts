import { clerk, firebase, google, supabase } from '@nest-jwt-auth/core/issuers'
import { describePreset } from './describe-preset.js'
import { inSeconds } from './foreign-app.js'

const INVALID = 'token_claims_invalid'
const UNKNOWN = 'token_signature_invalid'
const JWT = { typ: 'JWT' }

const firebaseClaims = {
  iss: 'https://securetoken.google.com/my-project-1a2b3',
  aud: 'my-project-1a2b3',
  auth_time: inSeconds(-60),
  user_id: 'Xk893u23H9SI893',
  sub: 'Xk893u23H9SI893',
  email: 'ada@example.com',
  firebase: { identities: {}, sign_in_provider: 'password' },
}
const anonymous = { firebase: { identities: {}, sign_in_provider: 'anonymous' } }

describePreset('firebase', {
  preset: () => firebase({ projectId: 'my-project-1a2b3' }),
  keysAt: 'https://www.googleapis.com/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com',
  certificates: true,
  header: JWT,
  claims: firebaseClaims,
  refused: {
    'of another project': [
      UNKNOWN,
      { claims: { iss: 'https://securetoken.google.com/other', aud: 'other' } },
    ],
    'for another project': [INVALID, { claims: { aud: 'other' } }],
    'a session cookie': [
      UNKNOWN,
      { claims: { iss: 'https://session.firebase.google.com/my-project-1a2b3' } },
    ],
    'a custom token': [
      UNKNOWN,
      {
        claims: {
          iss: 'sa@my-project-1a2b3.iam.gserviceaccount.com',
          uid: 'root',
          aud: 'https://identitytoolkit',
        },
      },
    ],
    'of an anonymous user': [INVALID, { claims: anonymous }],
    'of a tenant of Identity Platform': [
      INVALID,
      { claims: { firebase: { sign_in_provider: 'password', tenant: 'partner-x1' } } },
    ],
    'without auth_time': [INVALID, { claims: { auth_time: undefined } }],
    'without the claim firebase': [INVALID, { claims: { firebase: undefined } }],
    'with null as the claim firebase': [INVALID, { claims: { firebase: null } }],
    'with text as the claim firebase': [INVALID, { claims: { firebase: 'password' } }],
    'of the emulator': [UNKNOWN, { header: { alg: 'none', kid: undefined } }],
    'without typ': ['token_wrong_type', { header: { typ: undefined } }],
  },
})

describePreset('firebase with anonymous users', {
  preset: () => firebase({ projectId: 'my-project-1a2b3', anonymous: true }),
  keysAt: 'https://www.googleapis.com/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com',
  certificates: true,
  header: JWT,
  claims: { ...firebaseClaims, ...anonymous },
  refused: {
    'of an anonymous user of a tenant': [
      INVALID,
      { claims: { firebase: { sign_in_provider: 'anonymous', tenant: 'partner-x1' } } },
    ],
  },
})

const web = '1234567890-web.apps.googleusercontent.com'
const android = '1234567890-android.apps.googleusercontent.com'
const googleClaims = {
  iss: 'https://accounts.google.com',
  azp: web,
  aud: web,
  sub: '110169484474386276334',
  email: 'ada@example.com',
  email_verified: true,
}

describePreset('google', {
  preset: () => google({ clients: [web, android] }),
  keysAt: 'https://www.googleapis.com/oauth2/v3/certs',
  header: JWT,
  claims: googleClaims,
  right: {
    'with the other spelling of the issuer': { claims: { iss: 'accounts.google.com' } },
    'that an Android app asked for': { claims: { azp: android } },
    'without azp': { claims: { azp: undefined } },
  },
  refused: {
    'for another app': [INVALID, { claims: { aud: 'other.apps.googleusercontent.com' } }],
    'of a service account that chose our aud': [
      INVALID,
      {
        claims: {
          azp: '112010400000000710080',
          sub: '112010400000000710080',
          email: 'sa@evil.iam.gserviceaccount.com',
        },
      },
    ],
    'with http in its issuer': [UNKNOWN, { claims: { iss: 'http://accounts.google.com' } }],
    'without typ': ['token_wrong_type', { header: { typ: undefined } }],
  },
})

describePreset('google with a hosted domain', {
  preset: () => google({ clients: web, hostedDomain: 'example.com' }),
  keysAt: 'https://www.googleapis.com/oauth2/v3/certs',
  header: JWT,
  claims: { ...googleClaims, hd: 'example.com' },
  refused: {
    'of a private account': [INVALID, { claims: { hd: undefined } }],
    'of another organization': [INVALID, { claims: { hd: 'evil.example' } }],
  },
})

const supabaseClaims = {
  iss: 'https://abcdefghijkl.supabase.co/auth/v1',
  aud: 'authenticated',
  sub: '123e4567-e89b-12d3-a456-426614174000',
  role: 'authenticated',
  aal: 'aal1',
  session_id: '0c1e4e0a-6b0f-4b0e-8b65-3a8f9a1d6f5e',
  email: 'ada@example.com',
  phone: '',
  is_anonymous: false,
}

describePreset('supabase', {
  preset: () => supabase({ url: 'https://abcdefghijkl.supabase.co' }),
  keysAt: 'https://abcdefghijkl.supabase.co/auth/v1/.well-known/jwks.json',
  header: JWT,
  claims: supabaseClaims,
  refused: {
    'the anon key': [
      UNKNOWN,
      { claims: { iss: 'supabase', ref: 'abcdefghijkl', role: 'anon', sub: undefined } },
    ],
    'with the role anon': [INVALID, { claims: { role: 'anon' } }],
    'with the role service_role': [INVALID, { claims: { role: 'service_role' } }],
    'for the audience anon': [INVALID, { claims: { aud: 'anon' } }],
    'of an anonymous user': [INVALID, { claims: { is_anonymous: true } }],
    'of an OAuth client': [INVALID, { claims: { client_id: '9a8b7c6d-5e4f-3a2b-1c0d-9e8f7a6b5c4d' } }],
    'of another project': [UNKNOWN, { claims: { iss: 'https://zyxwvutsrqpo.supabase.co/auth/v1' } }],
    'without typ': ['token_wrong_type', { header: { typ: undefined } }],
  },
})

describePreset('supabase with anonymous users and a client', {
  preset: () => supabase({ url: 'http://127.0.0.1:54321/', anonymous: true, clients: ['partner'] }),
  keysAt: 'http://127.0.0.1:54321/auth/v1/.well-known/jwks.json',
  header: JWT,
  claims: { ...supabaseClaims, iss: 'http://127.0.0.1:54321/auth/v1' },
  right: {
    'of an anonymous user': { claims: { is_anonymous: true } },
    'of the client': { claims: { client_id: 'partner' } },
  },
  refused: { 'of another client': [INVALID, { claims: { client_id: 'other' } }] },
})

const clerkClaims = {
  azp: 'https://example.com',
  fva: [7, -1],
  iss: 'https://clerk.example.com',
  nbf: inSeconds(-10),
  sid: 'sess_123',
  sub: 'user_123',
  sts: 'active',
  v: 2,
}

describePreset('clerk', {
  preset: () =>
    clerk({ frontendApiUrl: 'https://clerk.example.com', authorizedParties: 'https://example.com' }),
  keysAt: 'https://clerk.example.com/.well-known/jwks.json',
  header: { ...JWT, cat: 'cl_B7d4PD111AAA' },
  claims: clerkClaims,
  right: { 'of version 1': { claims: { v: undefined, sts: undefined } } },
  refused: {
    'of a pending session': [INVALID, { claims: { sts: 'pending' } }],
    'for the page of another': [INVALID, { claims: { azp: 'https://evil.example' } }],
    'for a sibling domain': [INVALID, { claims: { azp: 'https://blog.example.com' } }],
    'without azp': [INVALID, { claims: { azp: undefined } }],
    'of another instance': [UNKNOWN, { claims: { iss: 'https://evil.clerk.accounts.dev' } }],
    'of a JWT template, for another service': [
      INVALID,
      { claims: { sid: undefined, v: undefined, aud: 'https://other.example' } },
    ],
    'before its time': ['token_not_active', { claims: { nbf: inSeconds(50) } }],
    'an OAuth access token': ['token_wrong_type', { header: { typ: 'at+jwt' } }],
  },
})

describePreset('clerk with an audience', {
  preset: () => clerk({ frontendApiUrl: 'https://clerk.example.com', audience: 'https://api.example.com' }),
  keysAt: 'https://clerk.example.com/.well-known/jwks.json',
  header: JWT,
  claims: { ...clerkClaims, azp: undefined, aud: 'https://api.example.com' },
  refused: {
    'without aud': [INVALID, { claims: { aud: undefined } }],
    'for another audience': [INVALID, { claims: { aud: 'https://other.example' } }],
    'of a JWT template for the same audience': [INVALID, { claims: { sid: undefined } }],
  },
})
