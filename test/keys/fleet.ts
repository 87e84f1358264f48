import { randomBytes } from 'node:crypto'
import {
  InMemoryKeyStore,
  type KeyDocument,
  JwtAuthEvents,
  JwtAuthModule,
  KeyService,
  type KeyStore,
  type JwtAuthExtras,
  type JwtAuthOptions,
  type KeyRotationOptions,
  TokenService,
} from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { RotatingKeyRing } from '../../packages/core/src/keys/rotation/rotating-key-ring.js'
import { type Settings, SETTINGS } from '../../packages/core/src/setup/settings.js'
import { startModule } from '../support/adapters.js'

export const START = Date.parse('2030-01-01T00:00:00.750Z')
export const MINUTE = 60_000
export const DAY = 86_400_000

export const WRAP = [{ id: '2030', secret: randomBytes(48).toString('base64url') }]

export type InstanceSettings = Partial<Omit<JwtAuthOptions & JwtAuthExtras, 'keyRotation'>> & {
  readonly rotation?: Partial<KeyRotationOptions>
  readonly clock?: FakeClock
  readonly keyStore?: never
}

export type Instance = Awaited<ReturnType<typeof startInstance>>

/** One instance of an app whose keys are in `store`. */
export async function startInstance(store: KeyStore, settings: InstanceSettings = {}) {
  const { rotation, clock = new FakeClock(START), ...others } = settings
  const auth = JwtAuthModule.forRoot({
    keyRotation: { wrap: WRAP, ...rotation },
    keyStore: { useValue: store },
    ...others,
  })
  const module = await startModule({ imports: [auth] }, { clock })
  const events: string[] = []
  module.get(JwtAuthEvents).events$.subscribe(({ type }) => void events.push(type))
  return { module, clock, events, tokens: module.get(TokenService), keys: module.get(KeyService) }
}

/** A store that can be made to fail, to answer something else, and to do something before it reads or writes. */
export class TestKeyStore extends InMemoryKeyStore {
  reads = 0
  writes = 0
  isDown = false
  /** In the place of the stored document. */
  answer: unknown
  beforeWrite: (() => Promise<void> | void) | undefined
  beforeRead: (() => Promise<void> | void) | undefined

  override async read(): Promise<KeyDocument | undefined> {
    this.reads++
    await this.beforeRead?.()
    if (this.isDown) throw new Error('connection refused')
    return this.answer === undefined ? super.read() : (this.answer as never)
  }

  override async replace(input: Parameters<KeyStore['replace']>[0]) {
    this.writes++
    if (this.isDown) throw new Error('connection refused')
    await this.beforeWrite?.()
    return super.replace(input)
  }
}

export function kidOf(token: string): string {
  const header = Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()
  return (JSON.parse(header) as { kid: string }).kid
}

/** The clocks go on by `step` at a time, and after each the instances have looked at the store. */
export async function goOn(instances: readonly Instance[], until: number, step: number): Promise<void> {
  while (instances.some(({ clock }) => clock.now() < until)) {
    for (const clock of new Set(instances.map((instance) => instance.clock))) clock.set(clock.now() + step)
    await settled(instances)
  }
}

/** What is under way in them has come to its end. */
export async function settled(instances: readonly Instance[]): Promise<void> {
  for (const { module, tokens } of instances) {
    await tokens.verify('a.b.c').catch(() => undefined)
    const { keys } = module.get<Settings>(SETTINGS)
    if (keys instanceof RotatingKeyRing) await keys['rotation']?.['synchronizing']
  }
}

/** The timers do not run: only the clock is later. */
export function suspend({ clock }: { readonly clock: FakeClock }, time: number): void {
  Object.assign(clock, { wakeAt: () => () => undefined, time: clock.now() + time })
}
