import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { StartError } from './errors.js'

const authModes = ['bearer', 'cookie'] as const
const logLevels = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'] as const

/** All settings, read from the environment. The class is also the injection token. */
export abstract class Settings {
  readonly production!: boolean
  readonly adapter!: 'express' | 'fastify'
  readonly host!: string
  /** 0 means any free port. */
  readonly port!: number
  readonly logLevel!: (typeof logLevels)[number]
  /** The folder of the embedded database and the generated secret. */
  readonly dataDir!: string
  /** A PostgreSQL server, used instead of the embedded database. */
  readonly databaseUrl!: string | undefined
  /** A Redis or Valkey server for the sessions, used instead of the database. */
  readonly redisUrl!: string | undefined
  /** The prefix of its keys. Shops that share a server need different ones. */
  readonly redisPrefix!: string
  /** Where tokens travel: in the `Authorization` header, or in cookies that scripts cannot read. */
  readonly authMode!: (typeof authModes)[number]
  /** Encrypts the stored keys. Required in production. In development a secret is generated if it is missing. */
  readonly keyWrapSecret!: string | undefined
}

const environment = z
  .object({
    NODE_ENV: z.string().optional(),
    ADAPTER: z.enum(['express', 'fastify'], 'must be express or fastify').default('express'),
    HOST: z.string().default('127.0.0.1'),
    PORT: z
      .string()
      .regex(/^\d{1,5}$/, 'must be a number from 0 to 65535')
      .transform(Number)
      .refine((port) => port <= 65_535, 'must be a number from 0 to 65535')
      .default(3000),
    LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('warn'),
    DATA_DIR: z.string().default(fileURLToPath(new URL('../.data', import.meta.url))),
    DATABASE_URL: z
      .string()
      .regex(/^postgres(ql)?:\/\//, 'must start with postgres://')
      .refine((url) => URL.canParse(url), 'must be a valid URL')
      .optional(),
    REDIS_URL: z
      .string()
      .regex(/^rediss?:\/\//, 'must start with redis://')
      .refine((url) => URL.canParse(url), 'must be a valid URL')
      .optional(),
    REDIS_PREFIX: z.string().default('shop:'),
    AUTH_MODE: z.enum(authModes, 'must be bearer or cookie').default('bearer'),
    KEY_WRAP_SECRET: z.string().optional(),
  })
  .refine((env) => env.NODE_ENV !== 'production' || env.KEY_WRAP_SECRET !== undefined, {
    path: ['KEY_WRAP_SECRET'],
    message:
      'is required in production: at least 32 random bytes, for example from `openssl rand -base64 48`',
    // Reported together with all other problems.
    when: () => true,
  })

/** Reads the environment once. One error lists everything that is wrong with it. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const filled = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const { success, data, error } = environment.safeParse(filled)
  if (!success) {
    const problems = error.issues.map(({ path, message }) => `  ${path.join('.')} ${message}`)
    throw new StartError(`Change these environment variables:\n${problems.join('\n')}`)
  }
  return Object.freeze<Settings>({
    production: data.NODE_ENV === 'production',
    adapter: data.ADAPTER,
    host: data.HOST,
    port: data.PORT,
    logLevel: data.LOG_LEVEL,
    dataDir: resolve(data.DATA_DIR),
    databaseUrl: data.DATABASE_URL,
    redisUrl: data.REDIS_URL,
    redisPrefix: data.REDIS_PREFIX,
    authMode: data.AUTH_MODE,
    keyWrapSecret: data.KEY_WRAP_SECRET,
  })
}
