#!/usr/bin/env node
import { runCommand } from './run-command.js'
import { processTerminal } from './process-terminal.js'

const terminal = processTerminal()
process.on('uncaughtException', (error) => {
  terminal.warn(error.stack ?? error.message)
  process.exit(2)
})
const exitCode = await runCommand(process.argv.slice(2), terminal)
await terminal.written()
// An app that was opened may keep connections and timers.
process.exit(exitCode)
