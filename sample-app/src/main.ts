import { createApp } from './create-app.js'
import { banner } from './dev/banner.js'
import { endWithNpm } from './dev/end-with-npm.js'
import { explainFailure } from './dev/explain-failure.js'
import { ensurePortIsFree } from './dev/port.js'
import { readSettings } from './settings.js'

try {
  const settings = readSettings(process.env)
  await ensurePortIsFree(settings)
  const app = await createApp(settings)
  app.enableShutdownHooks(['SIGINT', 'SIGTERM'], { useProcessExit: true })
  endWithNpm()
  await app.listen(settings.port, settings.host)
  process.stdout.write(await banner(app))
} catch (error) {
  process.stderr.write(`${explainFailure(error)}\n`)
  process.exit(1)
}
