import type { ModuleMetadata } from '@nestjs/common'
import { Test, type TestingModule } from '@nestjs/testing'
import { Clock } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { NOW } from '../legacy-tokens/former-app.js'
import { logs } from '../support/logs.js'

/** A module that the caller closes: one for each input is too many to keep until the end. */
export async function bootModule(metadata: ModuleMetadata): Promise<TestingModule> {
  const builder = Test.createTestingModule(metadata).setLogger(logs)
  const module = await builder
    .overrideProvider(Clock)
    .useValue(new FakeClock(NOW * 1000))
    .compile()
  await module.init()
  return module
}
