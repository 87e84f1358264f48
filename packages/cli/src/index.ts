#!/usr/bin/env node
import { errorStack } from './app/error-stack.js'
import { ensureExitCode } from './ensure-exit-code.js'
import { runCommand } from './run-command.js'
import { processTerminal } from './process-terminal.js'

const exit = ensureExitCode()
const terminal = processTerminal()
process.on('uncaughtException', (error) => {
  terminal.warn(errorStack(error))
  exit(2)
})
const exitCode = await runCommand(process.argv.slice(2), terminal)
await terminal.written()
// An app that was opened may keep connections and timers.
exit(exitCode)
