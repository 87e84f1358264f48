import type { Command } from './command.js'
import { audit } from './audit.js'
import { doctor } from './doctor/doctor.js'
import { secret } from './secret.js'

/** All commands, in the order of the help. A command's own dependencies are loaded when it runs. */
export const commands: readonly Command[] = [secret, audit, doctor]
