import type { LoggerService } from '@nestjs/common'
import type { Terminal } from '../terminal.js'
import { errorMessage } from './error-stack.js'

/** Nest logs each error that it throws on under this name. It is shown once, with what it means. */
const THROWN_ON = 'ExceptionHandler'

/** Shows the errors that an app logs while a command uses it, and nothing else. */
export function quietLogger(terminal: Terminal): LoggerService {
  const show = (message: unknown, ...more: unknown[]): void => {
    if (more.at(-1) !== THROWN_ON) terminal.warn(`The app logs: ${errorMessage(message)}`)
  }
  const ignore = (): void => undefined
  return { log: ignore, warn: ignore, debug: ignore, verbose: ignore, error: show, fatal: show }
}
