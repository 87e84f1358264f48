import { inspect } from 'node:util'
import { JwtAuthConfigError } from '@nest-jwt-auth/core'
import { StartError } from '../errors.js'

/** A problem of the configuration or the machine is explained by its message; a bug in the code needs its stack. */
export function explainFailure(error: unknown): string {
  const isExplained =
    error instanceof StartError ||
    error instanceof JwtAuthConfigError ||
    (error instanceof Error && 'syscall' in error)
  return isExplained ? error.message : inspect(error)
}
