import { HIDDEN_MEMBER, hiddenMembers } from '../../errors/hidden-members.js'
import type { Problems } from '../problems.js'
import { readTable } from './option.js'
import { type CheckedExtras, type CheckedOptions, EXTRA_OPTIONS, OPTIONS } from './option-tables.js'
import { suggestName } from './suggest-name.js'

const NAMES = Object.keys({ ...OPTIONS, ...EXTRA_OPTIONS })

/** What Nest takes beside the factory of `forRootAsync`. */
const ASYNC_MEMBERS: ReadonlySet<string> = new Set([
  'imports',
  'inject',
  'useFactory',
  'useClass',
  'useExisting',
  'provideInjectionTokensFrom',
])

/**
 * Reports options that the class of the object has: Nest copies what `forRoot` and `forRootAsync` are given, and the copy
 * loses them.
 */
export function refuseHiddenOptions(given: object, problems: Problems): void {
  for (const name of hiddenMembers(given, NAMES)) problems.add(name, ...HIDDEN_MEMBER)
}

/** Reads every option, each by itself, and reports the unknown and the misplaced ones. */
export function readOptions(
  options: object,
  extras: object,
  problems: Problems,
): { readonly options: CheckedOptions; readonly extras: CheckedExtras } {
  refuseUnknownOptions(options, problems)
  refuseUnknownExtras(extras, problems)
  return {
    options: readTable(OPTIONS, options, '', problems),
    extras: readTable(EXTRA_OPTIONS, extras, '', problems),
  }
}

function refuseUnknownOptions(options: object, problems: Problems): void {
  for (const name of [...Object.keys(options), ...hiddenMembers(options, Object.keys(EXTRA_OPTIONS))]) {
    if (Object.hasOwn(EXTRA_OPTIONS, name)) {
      problems.add(
        name,
        'The option is needed before the factory runs, so the factory cannot return it',
        'Set it next to useFactory',
      )
    } else if (!Object.hasOwn(OPTIONS, name)) {
      problems.add(name, 'There is no such option', suggestName(name, { ...OPTIONS, ...EXTRA_OPTIONS }))
    }
  }
}

/** With `forRoot`, the options are not among them; beside a factory they must not be. */
function refuseUnknownExtras(extras: object, problems: Problems): void {
  for (const name of Object.keys(extras)) {
    if (Object.hasOwn(EXTRA_OPTIONS, name) || ASYNC_MEMBERS.has(name)) continue
    if (Object.hasOwn(OPTIONS, name)) {
      problems.add(
        name,
        'The option is set next to the factory, where it has no effect',
        'Return it from the factory',
      )
    } else {
      problems.add(name, 'There is no such option', suggestName(name, { ...OPTIONS, ...EXTRA_OPTIONS }))
    }
  }
}
