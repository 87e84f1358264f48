import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import ts from 'typescript'
import { workspaceRoot } from '../support/run.js'
import { compilerOptions, usedApis } from './web-apis.js'

const floor = { chrome: 80, edge: 80, firefox: 74, safari: 13.1 }
const inWords = 'Chrome 80, Edge 80, Firefox 74 and Safari 13.1'

/** The first versions with all of these, by MDN's browser compatibility data. */
const needed = [
  {
    names: 'ReadonlyArray.includes Promise.finally',
    since: { chrome: 63, edge: 18, firefox: 58, safari: 11.1 },
  },
  {
    names:
      'document Document.cookie Document.defaultView navigator setTimeout clearTimeout console Console.error',
    since: { chrome: 1, edge: 12, firefox: 68, safari: 4 },
  },
  {
    names: 'URL URL.origin DOMException',
    since: { chrome: 46, edge: 79, firefox: 37, safari: 10.1 },
  },
  {
    names: `fetch Headers.get Headers.has Headers.set Body.json
      Request Request.clone Request.headers Request.method Request.url
      RequestInit.body RequestInit.credentials RequestInit.headers RequestInit.method RequestInit.redirect
      Response Response.clone Response.headers Response.ok Response.status`,
    since: { chrome: 46, edge: 14, firefox: 43, safari: 10.1 },
  },
  {
    names: `AbortController AbortController.abort AbortController.signal
      AbortSignal.aborted AbortSignal.addEventListener AbortSignal.removeEventListener
      Request.signal RequestInit.signal`,
    since: { chrome: 66, edge: 16, firefox: 57, safari: 12.1 },
  },
]

/** What newer browsers have besides: the tests of older browsers show that the client works without. */
const optional = `BroadcastChannel BroadcastChannel.addEventListener BroadcastChannel.close
  BroadcastChannel.postMessage MessageEvent.data LockManager.request NavigatorLocks.locks
  AbortSignal.reason RequestInit.keepalive`

const published = readFileSync(join(workspaceRoot, 'packages/browser/dist/index.js'), 'utf8')

describe('the oldest browsers of the client', () => {
  it('know every API that it cannot do without', () => {
    const known = [...needed.map(({ names }) => names), optional].flatMap((names) => names.split(/\s+/))
    expect(usedApis()).toEqual(known.toSorted())
    for (const { since } of needed) {
      for (const [browser, version] of Object.entries(since)) {
        expect(version).toBeLessThanOrEqual(floor[browser as keyof typeof floor])
      }
    }
  })

  it('know its syntax: that of ES2020, of which optional chaining came last', () => {
    const compiledFor = (target: ts.ScriptTarget) =>
      ts.transpileModule(published, { compilerOptions: { target, module: ts.ModuleKind.ESNext } }).outputText
    expect(published).toContain('?.')
    expect(compiledFor(ts.ScriptTarget.ES2020)).toBe(compiledFor(ts.ScriptTarget.ESNext))
    expect(published).not.toMatch(/\(\?<[=!]|#\w+\s*[;(=]/)
  })

  it('know what of the language’s library it may use: the compiler knows no more', () => {
    const { target, lib, types } = compilerOptions()
    expect(target).toBe(ts.ScriptTarget.ES2020)
    expect([lib, types]).toEqual([['lib.es2020.d.ts', 'lib.dom.d.ts'], []])
  })

  it.each(['packages/browser/README.md', 'docs/browser.md'])('are named in %s', (page) => {
    const text = readFileSync(join(workspaceRoot, page), 'utf8').replaceAll(/\s+/g, ' ')
    expect(text.includes(inWords)).toBe(true)
  })
})
