import { APP_OPTIONS } from '../app/app-options.js'
import { type Options, readArguments } from '../arguments/read-arguments.js'
import { usageOf } from '../arguments/usage.js'
import { type Command, CommandError } from '../command.js'
import { describeKeys, withKeyList, withKeyService } from './key-service.js'

const JSON_OPTION = { json: { type: 'boolean', help: 'Prints JSON.' } } as const satisfies Options
const LIST_OPTIONS = { ...APP_OPTIONS, ...JSON_OPTION } as const
const ROTATE_OPTIONS = {
  ...APP_OPTIONS,
  ...JSON_OPTION,
  immediately: {
    type: 'boolean',
    help: 'The next key signs now. Services that cache the JWKS refuse its tokens until they read it again.',
  },
} as const satisfies Options

const NEEDS_STORE = 'For an app with the option `keyRotation` and a key store that all its processes share.'

export const listKeys: Command = {
  name: 'keys list',
  summary: 'Lists the keys of keyRotation: kid, state, dates. No key material.',
  usage: usageOf('keys list [options]', LIST_OPTIONS, [NEEDS_STORE]),
  async run(args, terminal) {
    const { options } = readArguments(args, LIST_OPTIONS)
    const keys = await withKeyList(options, terminal, (service) => service.list())
    if (options.json) terminal.print(JSON.stringify(keys, undefined, 2))
    else for (const line of describeKeys(keys, Date.now())) terminal.print(line)
    return 0
  },
}

export const rotateKeys: Command = {
  name: 'keys rotate',
  summary: 'Announces the next key now, which signs after keyRotation.announce.',
  usage: usageOf('keys rotate [options]', ROTATE_OPTIONS, [NEEDS_STORE]),
  async run(args, terminal) {
    const { options } = readArguments(args, ROTATE_OPTIONS)
    const { immediately = false } = options
    const key = await withKeyService(options, terminal, (service) => service.rotate({ immediately }))
    if (options.json) terminal.print(JSON.stringify(key, undefined, 2))
    else for (const line of describeKeys([key], Date.now())) terminal.print(line)
    return 0
  },
}

export const revokeKey: Command = {
  name: 'keys revoke',
  summary:
    'Removes a key that has leaked: all that it signed is invalid, within 30 seconds in every instance.',
  usage: usageOf('keys revoke <kid> [options]', APP_OPTIONS, [
    NEEDS_STORE,
    'Exit code 1 where there is no such key. If it was signing, the announced key or a new one signs from now on.',
    'A kid may begin with a hyphen: then write it last, as in `keys revoke -- -kid`.',
  ]),
  async run(args, terminal) {
    const { options, positionals } = readArguments(args, APP_OPTIONS, 1)
    const [kid] = positionals
    if (kid === undefined)
      throw new CommandError('Name the key: nest-jwt-auth keys revoke <kid>. `keys list` has its name.')
    const isKnown = await withKeyList(options, terminal, (service) => service.revoke(kid))
    if (isKnown)
      terminal.print(
        'The key is revoked. Running instances follow within 30 seconds, services that cache the JWKS within 15 minutes.',
      )
    else terminal.warn('There is no key of that name. `keys list` shows all.')
    return isKnown ? 0 : 1
  },
}
