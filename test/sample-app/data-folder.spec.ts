import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { developmentKey } from '../../sample-app/src/dev/development-key.js'
import { lockFolder } from '../../sample-app/src/dev/lock-folder.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shop-test-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('the lock of the data folder', () => {
  it('is held by one at a time, and says by whom', () => {
    const unlock = lockFolder(folder)
    expect(() => lockFolder(folder)).toThrow(`is in use by process ${process.pid}`)
    unlock()
    expect(readdirSync(folder)).toEqual([])
    lockFolder(folder)()
  })

  it.each([
    ['a process that has ended', () => `${spawnSync(process.execPath, ['-e', '0']).pid} 1`],
    ['an earlier process of the same number', () => `${process.pid} 1`],
    ['nobody', () => ''],
  ])('is taken over from %s', (_, owner) => {
    writeFileSync(join(folder, 'lock'), owner())
    const unlock = lockFolder(folder)
    expect(() => lockFolder(folder)).toThrow('is in use')
    unlock()
    expect(readdirSync(folder)).toEqual([])
  })

  it('stays with a process that lives', () => {
    writeFileSync(join(folder, 'lock'), `${process.ppid} 1`)
    expect(() => lockFolder(folder)).toThrow(`is in use by process ${process.ppid}`)
    expect(readFileSync(join(folder, 'lock'), 'utf8')).toBe(`${process.ppid} 1`)
    expect(readdirSync(folder)).toEqual(['lock'])
  })
})

describe('the development key', () => {
  it('is made once, long, and for its owner only', () => {
    const dataDir = join(folder, 'data')
    const key = developmentKey(dataDir)
    expect(key).toMatch(/^[\w-]{64}$/)
    expect(developmentKey(dataDir)).toBe(key)
    expect(readdirSync(dataDir)).toEqual(['key-wrap-secret'])
    expect(statSync(join(dataDir, 'key-wrap-secret')).mode & 0o777).toBe(0o600)
    expect(developmentKey(join(folder, 'other'))).not.toBe(key)
  })

  it('is not replaced where it is damaged: the message says what to do', () => {
    writeFileSync(join(folder, 'key-wrap-secret'), 'oops')
    expect(() => developmentKey(folder)).toThrow('Delete the file, and a new key is made.')
    expect(readFileSync(join(folder, 'key-wrap-secret'), 'utf8')).toBe('oops')
  })
})
