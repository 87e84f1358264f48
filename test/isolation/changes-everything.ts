import { afterAll, describe, expect, it, jest } from '@jest/globals'
import { Logger } from '@nestjs/common'

const lines: string[] = []
const note = () => undefined
const inner = jest.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0)
new Logger('isolation').warn('what the default logger prints')
inner.mockRestore()

const found = {
  global: Reflect.get(globalThis, 'left'),
  fetch: globalThis.fetch.name,
  variable: process.env['LEFT_BY_A_SUITE'],
  listeners: process.rawListeners('SIGUSR2').length,
  isOwnUrl: URL.canParse('mocked:'),
  timers: setTimeout.name,
  printed: lines.join(''),
}

/** Is run twice in one worker: a suite that finds nothing changed, and changes everything. */
describe('a suite', () => {
  it('finds nothing that a suite before it has left', () => {
    expect(found).toEqual({
      global: undefined,
      fetch: 'fetch',
      variable: undefined,
      listeners: 0,
      isOwnUrl: true,
      timers: 'setTimeout',
      printed: expect.stringContaining('what the default logger prints'),
    })
  })

  afterAll(() => {
    Object.assign(globalThis, { left: true, fetch: () => undefined })
    process.env['LEFT_BY_A_SUITE'] = 'yes'
    process.on('SIGUSR2', note)
    jest.spyOn(URL, 'canParse').mockReturnValue(false)
    Logger.overrideLogger(false)
    jest.useFakeTimers()
  })
})
