import { inspect } from 'node:util'
import { JwtAuthConfigError } from '@nest-jwt-auth/core'
import { banner } from './banner.js'
import { createApp } from './create-app.js'
import { endWithNpm } from './end-with-npm.js'
import { cannotListen, ensurePortIsFree } from './port.js'
import { readSettings } from './settings.js'
import { StartError } from './start.error.js'

async function start(): Promise<void> {
  const settings = readSettings(process.env)
  await ensurePortIsFree(settings)
  const app = await createApp(settings)
  app.enableShutdownHooks(['SIGINT', 'SIGTERM'], { useProcessExit: true })
  endWithNpm()
  try {
    await app.listen(settings.port, settings.host)
  } catch (error) {
    await app.close()
    throw cannotListen(error, settings)
  }
  process.stdout.write(await banner(app))
}

try {
  await start()
} catch (error) {
  process.stderr.write(`${isExplained(error) ? error.message : inspect(error)}\n`)
  process.exit(1)
}

/** What is wrong with the configuration or the machine says so in its message; a fault in the code needs its stack. */
function isExplained(error: unknown): error is Error {
  return (
    error instanceof StartError ||
    error instanceof JwtAuthConfigError ||
    (error instanceof Error && 'syscall' in error)
  )
}
