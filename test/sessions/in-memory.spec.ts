import { describe, it } from '@jest/globals'
import { InMemorySessionStore } from '@nest-jwt-auth/core'
import { describeSessionStore } from '@nest-jwt-auth/core/testing'

const store = new InMemorySessionStore()

describeSessionStore('InMemorySessionStore', () => store, { describe, it })
