import { createAuthFetch } from './auth-client.js'

const { mode, demoUsers } = await (await fetch('/page.json')).json()
const inCookies = mode === 'cookie'
const byId = (id) => document.getElementById(id)
/** What the access token says; `undefined` while nobody is signed in. */
let claims

/* Tokens. Cookies hide them from scripts. Otherwise the client keeps the access token, and this page the refresh token,
   where every script of the page can read it: the content security policy must let no other script run. */

const refreshToken = {
  get: () => localStorage.getItem('refresh_token'),
  set: (token) =>
    token ? localStorage.setItem('refresh_token', token) : localStorage.removeItem('refresh_token'),
}

/* Whether somebody may be signed in here. Without a sign of it nothing is asked: a refusal would only fill the console. */

const mayBeSignedIn = () => localStorage.getItem(inCookies ? 'signed_in' : 'refresh_token') !== null

function noteSignedIn(isSignedIn) {
  if (!inCookies) return
  if (isSignedIn) localStorage.setItem('signed_in', 'yes')
  else localStorage.removeItem('signed_in')
}

const authFetch = createAuthFetch({
  mode,
  refreshUrl: '/auth/refresh',
  storage: refreshToken,
  fetch: loggedFetch,
  onSessionEnd: () => showNobody(claims && 'Your session has ended.').catch(notReached),
})

authFetch.subscribe(noteSignedIn)

const otherTabs = new BroadcastChannel('shop')

/** The client tells the other tabs about a logout. Logins and changes are told here. */
function tellOtherTabs() {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has no other origins
  otherTabs.postMessage('changed')
}

/* Requests to the shop */

/** Sends a request and logs it, also where the client sends it by itself. */
async function loggedFetch(input, init) {
  const request = new Request(input, init)
  const response = await fetch(request)
  const { errorCode, message } = await jsonOf(response.clone())
  showInLog(`${request.method} ${new URL(request.url).pathname}`, response, errorCode ?? message)
  return response
}

const jsonOf = (response) => response.json().catch(() => ({}))

async function ask(path, init, send = authFetch) {
  const response = await send(path, init)
  return { ok: response.ok, status: response.status, answer: await jsonOf(response) }
}

/** A request that a person made: a refusal is shown. */
async function call(method, path, body) {
  const answered = await ask(path, { method, ...json(body) })
  if (!answered.ok && answered.status !== 401) say(`${answered.status}: ${answered.answer.message}`, 'bad')
  return answered
}

const json = (body) => body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }

/* Signing in and out */

async function signIn() {
  const credentials = Object.fromEntries(new FormData(byId('sign-in-form')))
  const { ok, answer } = await call('POST', '/auth/login', credentials)
  byId('sign-in-problem').textContent = ok ? '' : [answer.message].flat().join(' ')
  if (!ok) return byId('username').focus()
  await authFetch.signedIn(answer)
  byId('sign-in-form').reset()
  await showAll()
  say(`${byId('account-title').textContent}.`)
  byId('account-title').focus()
  tellOtherTabs()
}

async function signOut(path, goodbye) {
  const { ok } = await call('POST', path)
  if (ok) await signedOut(goodbye)
}

async function signedOut(goodbye) {
  await authFetch.signedOut()
  await showNobody(goodbye)
}

/* Refreshing, and what a thief would do */

/** The client refreshes by itself. This is what the button does, in one tab at a time. */
async function refresh() {
  const work = () => sendRefresh(refreshToken.get())
  // Web Locks are missing where the page was loaded over plain http from another machine.
  const { ok, status, answer } = await (navigator.locks?.request('refresh', work) ?? work())
  if (status === 401) return signedOut('Your session has ended.')
  if (!ok) return say(`${status}: ${answer.message}`, 'bad')
  await Promise.all([showToken(), showSessions()])
  say('Refreshed: a new access token, and a new refresh token.')
  tellOtherTabs()
}

async function sendRefresh(token) {
  const init = { method: 'POST', ...json(inCookies ? undefined : { refresh_token: token }) }
  const answered = await ask('/auth/refresh', init, loggedFetch)
  if (answered.ok) await authFetch.signedIn(answered.answer)
  return answered
}

async function replay() {
  const old = refreshToken.get()
  await sendRefresh(old)
  await sendRefresh(refreshToken.get())
  await sendRefresh(old)
  await ask('/me')
  say('The old refresh token was used after its successor: that ended your session immediately.')
}

/* The items, live: one WebSocket while somebody is signed in, which ends with the token that opened it. */

/** The close code that says to stay away: the session has ended. */
const SIGNED_OUT = 4401
const PAUSE = 2000 // milliseconds before the next try
let live

async function follow() {
  if (live) return
  const { ok, answer } = await ask('/items/ticket', { method: 'POST' })
  if (!ok || live) return
  const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/items/live?ticket=${answer.ticket}`)
  live = socket
  socket.addEventListener('message', () => void showItems().catch(notReached))
  socket.addEventListener('close', ({ code }) => {
    if (live !== socket) return
    live = undefined
    if (code === SIGNED_OUT) void showAll().catch(notReached)
    else setTimeout(followAgain, PAUSE)
  })
}

/** With a new token, which the client fetches where it must. */
function followAgain() {
  if (claims) follow().catch(() => setTimeout(followAgain, PAUSE))
}

function stopFollowing() {
  const socket = live
  live = undefined
  socket?.close()
}

/* Showing */

/** Counts what was shown. An answer that arrives late must not show an earlier state again. */
let turns = 0

async function showAll() {
  const turn = ++turns
  if (!mayBeSignedIn()) return showNobody()
  const { ok, status, answer: user } = await ask('/me')
  if (turn !== turns) return
  if (!ok) return showNobody(status === 401 ? undefined : `${status}: ${user.message}`)
  byId('account-title').textContent = `Signed in as ${user.username}`
  await showToken()
  await Promise.all([showItems(), showSessions(), follow()])
  if (turn === turns) showSections(true)
}

async function showNobody(goodbye) {
  turns++
  claims = undefined
  stopFollowing()
  showSections(false)
  if (goodbye) {
    say(goodbye)
    byId('sign-in-title').focus()
  }
  await showItems()
}

function showSections(signedIn) {
  for (const id of ['account', 'token', 'sessions', 'theft', 'item-form']) byId(id).hidden = !signedIn
  byId('sign-in').hidden = signedIn
}

async function showToken() {
  const turn = turns
  const { ok, answer } = await ask('/me/claims')
  if (!ok || turn !== turns) return
  claims = answer
  byId('role').textContent = claims.is_admin ? 'You may delete items.' : 'Only an admin may delete items.'
  const rows = Object.entries(claims).map(([name, value]) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, name),
      element('td', {}, JSON.stringify(value)),
      element('td', {}, meanings[name]?.(value) ?? ''),
    ),
  )
  byId('claims').replaceChildren(...rows)
  byId('lifetime').max = claims.exp - claims.iat
  countDown()
}

const meanings = {
  sub: () => 'the subject: your id',
  sid: () => 'the session it belongs to',
  jti: () => 'the id of this very token',
  iat: (time) => `issued at ${clock(time * 1000)}`,
  exp: (time) => `expires at ${clock(time * 1000)}`,
  auth_time: (time) => `you signed in at ${clock(time * 1000)}`,
  is_admin: () => 'from the users table, when it was issued',
}

function countDown() {
  if (!claims) return
  const left = Math.max(0, Math.ceil(claims.exp - Date.now() / 1000))
  const text = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`
  byId('countdown').textContent = left === 0 ? 'expired' : text
  byId('lifetime').value = left
}

async function showItems() {
  const { ok, answer: items } = await ask('/items')
  if (!ok) return
  const rows = items.map(({ id, name, mine }) =>
    element(
      'li',
      {},
      element('span', {}, name, ...(mine ? badge('yours') : [])),
      claims ? button('Delete', `Delete ${name}`, () => removeItem(id, name)) : '',
    ),
  )
  byId('item-list').replaceChildren(...rows)
  byId('items-hint').textContent = claims
    ? ''
    : 'Everybody may look. Sign in to add one, or to try to delete one.'
}

async function removeItem(id, name) {
  const { ok } = await call('DELETE', `/items/${id}`)
  if (!ok) return
  await showItems()
  say(`Deleted: ${name}.`)
  byId('items-title').focus()
}

async function addItem() {
  const { ok, answer } = await call('POST', '/items', { name: byId('item-name').value })
  if (!ok) return
  byId('item-form').reset()
  await showItems()
  say(`Added: ${answer.name}.`)
}

async function showSessions() {
  const { ok, answer: sessions } = await ask('/auth/sessions')
  if (!ok) return
  const rows = sessions.map(({ id, current, createdAt, lastUsedAt, metadata: { device } }) => {
    const times = `signed in ${clock(createdAt)}, last used ${clock(lastUsedAt)}`
    return element(
      'li',
      {},
      element('span', {}, device, ...(current ? badge('this one') : []), element('small', {}, times)),
      button('End', `End the session on ${device}, ${times}`, () => endSession(id, current)),
    )
  })
  byId('session-list').replaceChildren(...rows)
}

async function endSession(id, isCurrent) {
  const { ok } = await call('DELETE', `/auth/sessions/${id}`)
  if (!ok) return
  if (isCurrent) return signedOut('You have ended this session.')
  await showSessions()
  say('Session ended.')
  byId('sessions-title').focus()
}

function showInLog(what, { status, ok }, note) {
  const entry = element(
    'li',
    {},
    element('time', {}, clock(Date.now())),
    element('code', {}, what.replace(/[\w-]{20,}/, '…')),
    element('span', { className: ok ? 'good' : 'bad' }, status),
    note ? element('small', {}, note) : '',
  )
  byId('log').prepend(entry)
  byId('log-latest').textContent = `${what} ${status}`
}

/** Shown at the foot of the page, wherever it is scrolled to, and read out by screen readers. */
function say(text, kind = '') {
  byId('status').textContent = text
  byId('status').className = kind
}

/* Elements. Strings are appended as text, so nothing that a name holds becomes markup. */

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties)
  made.append(...children)
  return made
}

const badge = (text) => [' ', element('span', { className: 'badge' }, text)]

function button(text, label, act) {
  return onEvent(element('button', { type: 'button', ariaLabel: label }, text), 'click', act)
}

/** One at a time: a second click does not start again what is still running. */
function onEvent(target, type, act) {
  let busy = false
  target.addEventListener(type, async (event) => {
    event.preventDefault()
    if (busy) return
    busy = true
    target.ariaBusy = 'true'
    await act().catch(notReached)
    busy = false
    target.ariaBusy = 'false'
  })
  return target
}

const notReached = (error) => say(`The shop cannot be reached: ${error.message}`, 'bad')
const clock = (time) => new Date(time).toLocaleTimeString()

/* The page itself */

byId('mode').textContent = inCookies
  ? 'Tokens travel in cookies that no script can read. Without AUTH_MODE they travel in the Authorization header.'
  : 'Tokens travel in the Authorization header. With AUTH_MODE=cookie they travel in cookies that no script can read.'
byId('theft-story').textContent = inCookies
  ? 'No script can read your tokens, neither this one nor one that somebody smuggled in, so there is none to replay.'
  : 'Refreshes twice, and then sends the first refresh token again, as a thief would who has a copy of it.'
byId('replay').hidden = inCookies

/* Where there is room the log is open. On a phone it is one line at the foot of the screen, which opens it. */
const isWide = matchMedia('(min-width: 60rem)')
const openWhereThereIsRoom = () => (byId('log-panel').open = isWide.matches)
isWide.addEventListener('change', openWhereThereIsRoom)
openWhereThereIsRoom()

for (const { username, password } of demoUsers) {
  const fillIn = async () => {
    byId('username').value = username
    byId('password').value = password
    await signIn()
  }
  byId('demo-users').append(button(`Sign in as ${username}`, null, fillIn))
  byId('demo-users').hidden = false
}

onEvent(byId('sign-in-form'), 'submit', signIn)
onEvent(byId('item-form'), 'submit', addItem)
onEvent(byId('sign-out'), 'click', () => signOut('/auth/logout', 'Signed out.'))
onEvent(byId('sign-out-everywhere'), 'click', () => signOut('/auth/logout-all', 'Signed out everywhere.'))
onEvent(byId('refresh'), 'click', refresh)
onEvent(byId('replay'), 'click', replay)
otherTabs.addEventListener('message', () => void showAll().catch(notReached))
setInterval(countDown, 1000)
await showAll().catch(notReached)
