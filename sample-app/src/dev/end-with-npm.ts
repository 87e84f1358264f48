const CHECK_EVERY = 500 // milliseconds

/**
 * `npm start` puts a shell between npm and the app, and that shell does not pass a SIGTERM on: the app would go on
 * running with the port and the data folder. So the app ends itself when its parent process has ended.
 */
export function endWithNpm(): void {
  if (process.env['npm_lifecycle_event'] === undefined) return
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, CHECK_EVERY)
  watch.unref()
}
