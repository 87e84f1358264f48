import { describe, expect, it } from '@jest/globals'
import { OptionalAuth, Public, RequireClaims } from '@nest-jwt-auth/core'

describe('@Public() and a decorator that contradicts it on the same target', () => {
  const opposites = [
    { name: '@OptionalAuth()', opposite: OptionalAuth },
    { name: '@RequireClaims()', opposite: () => RequireClaims({ role: 'editor' }) },
  ]

  it.each(opposites)('throws on a handler with $name, in either order', ({ opposite }) => {
    expect(() => {
      class Contradiction {
        @Public() @opposite() handle() {}
      }
      return Contradiction
    }).toThrow()
    expect(() => {
      class Contradiction {
        @opposite() @Public() handle() {}
      }
      return Contradiction
    }).toThrow()
  })

  it.each(opposites)('throws on a class with $name, in either order', ({ opposite }) => {
    expect(() => {
      @Public()
      @opposite()
      class Contradiction {}
      return Contradiction
    }).toThrow()
    expect(() => {
      @opposite()
      @Public()
      class Contradiction {}
      return Contradiction
    }).toThrow()
  })
})

describe('@RequireClaims() without a claim', () => {
  it('throws at decoration', () => {
    expect(() => {
      class Empty {
        @RequireClaims({}) handle() {}
      }
      return Empty
    }).toThrow()
  })
})
