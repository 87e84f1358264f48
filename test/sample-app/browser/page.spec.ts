import { afterEach, describe, expect, it } from '@jest/globals'
import { describeWith } from '../../support/services.js'
import { ShopInBrowser } from './chromium.js'
import type { Tab } from './tab.js'

const suites = [
  { adapter: 'express', mode: 'bearer' },
  { adapter: 'fastify', mode: 'cookie' },
]

describeWith('chromium', "the sample app's page", (path) => {
  describe.each(suites)('with $adapter, tokens by $mode', ({ adapter, mode }) => {
    const shop = new ShopInBrowser(path, { ADAPTER: adapter, AUTH_MODE: mode })
    const people: Tab[] = []
    const newPerson = async () => {
      const person = await shop.newPerson()
      people.push(person)
      return person
    }
    afterEach(async () => {
      for (const person of people) expect(person.complaints).toEqual([])
      await Promise.all(people.splice(0).map((person) => person.close()))
    })

    it('shows no error in the console of somebody who comes for the first time, or has signed out', async () => {
      const person = await newPerson()
      await person.isSignedOut()
      await person.page.reload()
      await person.isSignedOut()
      await person.signIn('member')
      await person.press('Sign out')
      await person.says('Signed out.')
      await person.page.reload()
      await person.isSignedOut()
      await person.page.waitForLoadState('networkidle')
      expect(person.errors).toEqual([])
    })

    it('leads to the documentation, the code and the API', async () => {
      const person = await newPerson()
      const links = await person.page.getByRole('navigation').getByRole('link').all()
      const targets = await Promise.all(links.map((link) => link.getAttribute('href')))
      const repository = 'https://github.com/nest-jwt-auth/nest-jwt-auth/tree/main'
      expect(targets).toEqual(['/docs', `${repository}/docs`, `${repository}/sample-app`])
    })

    it('signs in, is refused a deletion as a member, and deletes as an admin', async () => {
      const member = await newPerson()
      await member.signIn('member')
      const count = await member.items.count()
      await member.isRefusedADeletion()
      expect(await member.items.count()).toBe(count)
      expect(await member.log.first().innerText()).toMatch(
        /DELETE \/items\/\d+[^]*403[^]*insufficient_claims/,
      )

      const admin = await newPerson()
      await admin.signIn('admin')
      const before = await admin.items.count()
      await admin.press(/^Delete /)
      await admin.says('Deleted: ')
      expect(await admin.items.count()).toBe(before - 1)
    })

    it('shows immediately what somebody else adds and deletes', async () => {
      const [member, admin] = [await newPerson(), await newPerson()]
      await Promise.all([member.signIn('member'), admin.signIn('admin')])
      const name = `Lamp ${Date.now()}`
      await member.page.getByLabel('New item').fill(name)
      await member.press('Add')
      const lamp = admin.items.filter({ hasText: name })
      await lamp.waitFor()
      await lamp.getByRole('button').click()
      await member.items.filter({ hasText: name }).waitFor({ state: 'detached' })
    })

    it('is signed out immediately where the same user signs out everywhere in another browser', async () => {
      const [here, elsewhere] = [await newPerson(), await newPerson()]
      await Promise.all([here.signIn('member'), elsewhere.signIn('member')])
      await elsewhere.press('Sign out everywhere')
      await elsewhere.says('Signed out everywhere.')
      await here.isSignedOut()
      await here.says('Your session has ended.')
    })

    it('says what is wrong with a login, and keeps nobody from trying again', async () => {
      const person = await newPerson()
      await person.page.getByLabel('User name').fill('member')
      await person.page.getByLabel('Password').fill('wrong-password')
      await person.press('Sign in')
      await person.page.getByRole('alert').filter({ hasText: 'The credentials are invalid.' }).waitFor()
      await person.page.getByLabel('Password').fill('member-password')
      await person.press('Sign in')
      await person.isSignedIn('member')
    })

    it('shows the claims, and how long they are good for', async () => {
      const person = await newPerson()
      await person.signIn('member')
      const claims = person.page.getByRole('table', { name: 'What it says' })
      expect(await claims.getByRole('row', { name: 'is_admin' }).innerText()).toContain('false')
      expect(await claims.getByRole('row').count()).toBe(8)
      const timer = person.page.getByRole('timer')
      const first = await timer.innerText()
      expect(first).toMatch(/^1[45]:\d\d$/)
      await timer.filter({ hasNotText: first }).waitFor()

      const tokenId = () => claims.getByRole('row', { name: 'jti' }).innerText()
      const before = await tokenId()
      await person.refresh()
      expect(await tokenId()).not.toBe(before)
    })

    it('is signed in again after it was loaded again', async () => {
      const person = await newPerson()
      await person.signIn('member')
      await person.page.reload()
      await person.isSignedIn('member')
    })

    it('hides its tokens from document.cookie', async () => {
      const person = await newPerson()
      await person.signIn('member')
      expect(await person.page.evaluate('document.cookie')).toBe('')
      const cookies = await person.cookies()
      expect(cookies.map(({ name }) => name).toSorted()).toEqual(
        mode === 'cookie' ? ['access_token', 'refresh_token'] : [],
      )
      for (const cookie of cookies) expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax' })
    })

    it('keeps two tabs signed in that refresh in the same moment', async () => {
      const one = await newPerson()
      await one.signIn('member')
      const other = await one.another()
      await other.isSignedIn('member')
      for (let round = 0; round < 5; round++) {
        await Promise.all([one.refresh(), other.refresh()])
      }
      await Promise.all([one.isRefusedADeletion(), other.isRefusedADeletion()])
      expect(other.complaints).toEqual([])
    })

    it('refreshes once for two tabs that have lost their access token', async () => {
      const one = await newPerson()
      await one.signIn('member')
      const other = await one.another()
      await other.isSignedIn('member')

      const refreshes: string[] = []
      one.context.on('request', (request) => {
        if (request.url().endsWith('/auth/refresh')) refreshes.push(request.method())
      })
      if (mode === 'bearer') {
        // Both leave before either comes back: a tab that is still there would hand its token over, without a refresh.
        const pages = [one.page, other.page]
        await Promise.all(pages.map((page) => page.goto('about:blank')))
        await Promise.all(pages.map((page) => page.goto(shop.url)))
      } else await one.context.clearCookies({ name: 'access_token' })
      await Promise.all([one.isSignedIn('member'), other.isSignedIn('member')])
      await Promise.all([one.isRefusedADeletion(), other.isRefusedADeletion()])
      expect(refreshes).toEqual(['POST'])
    })

    it('signs both out where an old refresh token comes back', async () => {
      const one = await newPerson()
      await one.signIn('member')
      const other = await one.another()
      await other.isSignedIn('member')
      if (mode === 'bearer') {
        await one.press('Replay my old refresh token')
        await one.says('that ended your session immediately')
      } else {
        const stolen = (await one.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
        await one.refresh()
        await one.refresh()
        const headers = { cookie: stolen, origin: shop.url }
        const replayed = await fetch(`${shop.url}/auth/refresh`, { method: 'POST', headers })
        expect([replayed.status, await replayed.json()]).toEqual([
          401,
          expect.objectContaining({ errorCode: 'refresh_reused' }),
        ])
      }
      // Nobody has pressed anything there: the WebSocket was closed.
      await one.isSignedOut()
      await other.isSignedOut()
    })

    it('clears everything with a logout, in every tab', async () => {
      const one = await newPerson()
      await one.signIn('member')
      const other = await one.another()
      await other.isSignedIn('member')
      await one.press('Sign out')
      await one.says('Signed out.')
      await other.isSignedOut()
      expect(await one.cookies()).toEqual([])
      expect(await one.page.evaluate('({ ...localStorage, ...sessionStorage })')).toEqual({})
      await one.page.reload()
      await one.isSignedOut()
    })

    it('lists the sessions, ends one, and signs out everywhere', async () => {
      const here = await newPerson()
      await here.signIn('admin')
      await here.press('Sign out everywhere')
      await here.says('Signed out everywhere.')

      await here.signIn('admin')
      const there = await newPerson()
      await there.signIn('admin')
      const elsewhere = await newPerson()
      await elsewhere.signIn('admin')
      await here.page.reload()
      await here.sessions.nth(2).waitFor()
      expect(await here.sessions.filter({ hasText: 'this one' }).count()).toBe(1)

      await elsewhere.sessions.filter({ hasText: 'this one' }).getByRole('button').click()
      await elsewhere.isSignedOut()
      await here.press('Sign out everywhere')
      await here.says('Signed out everywhere.')
      await there.isSignedOut()
    })
  })
})
