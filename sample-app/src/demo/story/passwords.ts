import type { Cast } from '../cast.js'

/** A new password after a fresh login, and one for a user who has forgotten the old one. */
export async function passwordsStory({ shop, nobody, phone, laptop, credentials }: Cast): Promise<void> {
  const { username } = credentials
  await phone.signIn(credentials, 'the newcomer signs in on the phone')
  await laptop.signIn(credentials, 'and on the laptop')
  const changed = { body: { password: 'another-password' } }
  await laptop.call('PUT /auth/password', { status: 204 }, 'a fresh login may change the password', changed)
  await laptop.isSignedIn('this device stays signed in')
  await phone.isSignedOut('the other one is signed out')

  const accepted = { status: 202 }
  const forgotten = (name: string, proves: string) =>
    nobody.call('POST /auth/password/forgotten', accepted, proves, { body: { username: name } })
  await forgotten('no-such-user', 'a forgotten password: the answer does not tell who is registered')
  await forgotten(username, 'the newcomer gets a one-time token by mail')
  const token = await shop.mailTo(username)
  const wrongType = { status: 401, errorCode: 'token_wrong_type' }
  await nobody.call('GET /me', wrongType, 'which is not accepted as an access token', { token })
  const reset = { body: { token, password: 'a-third-password' } }
  await nobody.call('POST /auth/password/reset', { status: 204 }, 'it sets a new password', reset)
  await laptop.isSignedOut('and ends every session')
  const used = { status: 401, errorCode: 'token_revoked' }
  await nobody.call('POST /auth/password/reset', used, 'but only once', reset)
  await phone.signIn({ username, password: 'a-third-password' }, 'the newcomer signs in with it')
}
