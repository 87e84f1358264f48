import { audit } from './audit.js'
import type { Command } from './command.js'
import { doctor } from './doctor/doctor.js'
import { listKeys, revokeKey, rotateKeys } from './keys/manage.js'
import { newKey } from './keys/new.js'
import { migrate } from './migrate.js'
import { migrateFrom } from './migrate-from/migrate-from.js'
import { secret } from './secret.js'
import { listSessions, revokeSessions } from './sessions/manage.js'
import { inspectToken } from './token/inspect.js'
import { mintToken } from './token/mint.js'
import { verifyToken } from './token/verify.js'

/** All commands, in the order of the help. A command's own dependencies are loaded when it runs. */
export const commands: readonly Command[] = [
  secret,
  newKey,
  listKeys,
  rotateKeys,
  revokeKey,
  mintToken,
  inspectToken,
  verifyToken,
  listSessions,
  revokeSessions,
  migrate,
  audit,
  doctor,
  migrateFrom,
]
