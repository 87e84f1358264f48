import { resolve } from 'node:path'
import { loadEnvFile } from 'node:process'
import type { INestApplicationContext } from '@nestjs/common'
import { CommandError } from '../command.js'
import type { Terminal } from '../terminal.js'
import type { GivenAppOptions } from './app-options.js'
import { createApp, type Stage } from './create-app.js'
import { errorMessage, errorStack } from './error-stack.js'
import { explainAppError } from './explain-app-error.js'
import { findApp } from './find-app.js'
import { type Core, isFunction, type LoadPackage, type NestCore, loadExport, packagesOf } from './load-app.js'
import { within } from './within.js'

/** The user's app while a command works with it. */
export interface OpenApp {
  readonly app: INestApplicationContext
  readonly core: Core
  /** The absolute path of the file that it was loaded from. */
  readonly file: string
  /** Loads another package as the app does. */
  readonly load: LoadPackage
  /** A function of the app made it, with what its `main.ts` sets; otherwise it was made from its root module. */
  readonly isWholeApp: boolean
}

/** An app that throws when it is loaded or made, or takes too long. Its own error is the `cause`. */
export class AppStartError extends CommandError {}

/** Milliseconds that an app may take to close. */
const CLOSE_TIMEOUT = 5_000

/**
 * Gives `work` the user's app, at the stage that it needs, and closes it again. Throws a `CommandError` that shows the error
 * of an app that cannot be loaded or started, and for what the app's own services refuse.
 */
export async function withApp<T>(
  options: GivenAppOptions,
  stage: Stage,
  terminal: Terminal,
  work: (app: OpenApp) => Promise<T>,
): Promise<T> {
  const limit = secondsOf(options.timeout)
  readEnvFile(terminal.cwd, options['env-file'])
  const location = findApp(terminal.cwd, options.app)
  const load = packagesOf(location.file)
  const [nest, core] = [await load<NestCore>('@nestjs/core'), await load<Core>('@nest-jwt-auth/core')]
  const opened = loadExport(location).then(async (root) => {
    const app = await createApp({ root, nest, load, stage, terminal })
    return { app, isWholeApp: isFunction(root) }
  })
  const { app, isWholeApp } = await within(limit * 1000, opened, () => new AppStartError(late(limit))).catch(
    (cause: unknown) => {
      if (cause instanceof CommandError) throw cause
      const message = `The app in ${location.file} does not start. Its error:\n${textOf(cause)}`
      throw new AppStartError(message, { cause })
    },
  )
  try {
    return await work({ app, core, file: location.file, load, isWholeApp })
  } catch (error) {
    throw explainAppError(error, core)
  } finally {
    await close(app, terminal)
  }
}

async function close(app: INestApplicationContext, terminal: Terminal): Promise<void> {
  try {
    await within(CLOSE_TIMEOUT, app.close(), () => new Error('It takes too long.'))
  } catch (error) {
    terminal.warn(`The app does not close: ${errorMessage(error)}`)
  }
}

/** The option `--timeout`. Throws a `CommandError` that names it. */
export function secondsOf(timeout: string | undefined): number {
  if (timeout === undefined) return 60
  const seconds = Number(timeout)
  if (/^\d+$/.test(timeout) && seconds >= 1 && seconds <= 86_400) return seconds
  throw new CommandError('--timeout must be whole seconds, from 1 to 86400.')
}

function readEnvFile(cwd: string, file: string | undefined): void {
  if (file === undefined) return
  if (/^\w+=/.test(file)) throw new CommandError('--env-file takes the name of a file, and not a variable.')
  try {
    loadEnvFile(resolve(cwd, file))
  } catch (error) {
    throw new CommandError(
      `--env-file ${file} cannot be read: ${error instanceof Error ? error.message : ''}`,
    )
  }
}

function late(seconds: number): string {
  return (
    `The app has not started within ${seconds} seconds. Does it wait for something that cannot be reached, such as a ` +
    'database? Give it longer with --timeout <seconds>.'
  )
}

/** A configuration error says all in its message; of any other the stack and the causes are of use. */
function textOf(error: unknown): string {
  return isConfigError(error) ? error.message : errorStack(error)
}

export function isConfigError(error: unknown): error is Error {
  return error instanceof Error && Reflect.get(error, 'code') === 'config_invalid'
}
