import { afterRestart } from './demo/chapters/after-restart.js'
import { sessions } from './demo/chapters/sessions.js'
import { shop } from './demo/chapters/shop.js'
import { demote } from './demo/demote.js'
import { scratch } from './demo/scratch.js'
import { ShopProcess } from './demo/shop-process.js'
import type { Memory, Step } from './demo/step.js'
import { say, tell } from './demo/tell.js'
import { demoUsers } from './demo-data.js'

/** Starts the shop on a database of its own, tells its story over HTTP, and ends it. Returns how much went wrong. */
async function demo(interrupted: AbortSignal): Promise<number> {
  const { env, clear } = await scratch(process.env)
  const memory: Memory = { tokens: new Map(), itemId: 0, sessionId: '' }
  const open = async (...chapters: (readonly Step[])[]): Promise<number> => {
    const process = await ShopProcess.start(env, interrupted)
    const failures = await tell(chapters.flat(), process.url, memory)
    const exitCode = await process.stop()
    say(exitCode === 0, `SIGTERM ends the shop: exit code ${exitCode}`)
    return failures + (exitCode === 0 ? 0 : 1)
  }
  try {
    const failures = await open(shop, sessions)
    await demote(demoUsers.admin.username, env)
    say(true, 'While it is closed, is_admin of the admin is set to false. Then it opens again.')
    return failures + (await open(afterRestart))
  } finally {
    await clear()
  }
}

// Interrupted: the shop ends, the calls that are left fail, and everything is put away as usual.
const interruption = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => interruption.abort())

try {
  const failures = await demo(interruption.signal)
  const verdict = failures === 0 ? 'Everything is as promised.' : `${failures} of these are not as promised.`
  process.stdout.write(`\n${verdict}\n`)
  process.exitCode = failures === 0 ? 0 : 1
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
