const CHECK_EVERY = 500 // milliseconds

/**
 * `npm start` puts a shell between npm and the app, which dies of a SIGTERM without passing it on: the app would be
 * left behind with the port and the data. So it ends itself once its parent is gone.
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
