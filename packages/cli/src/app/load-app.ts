import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { CommandError } from '../command.js'
import type { AppLocation } from './find-app.js'

export type NestCore = typeof import('@nestjs/core')

/** The exports of `@nest-jwt-auth/core`, of the app's own copy. */
export type Core = typeof import('@nest-jwt-auth/core')

/** Loads a package as the app itself does: the app's own copy. Throws a `CommandError` where the app has none. */
export type LoadPackage = <Exports>(name: string) => Promise<Exports>

export function packagesOf(file: string): LoadPackage {
  const { resolve } = createRequire(file)
  return async (name) => {
    let path: string
    try {
      path = resolve(name)
    } catch {
      throw new CommandError(
        `${name} is not installed where ${file} is. Run \`npm install ${name}\` in the app.`,
      )
    }
    return withCommonJsNames(await import(pathToFileURL(path).href))
  }
}

/** Imports the file of the app and picks its root module, or its function that returns the app. */
export async function loadExport({ file, exportName }: AppLocation): Promise<unknown> {
  const exports = withCommonJsNames<Record<string, unknown>>(await import(pathToFileURL(file).href))
  const names = Object.keys(exports).filter((name) => isAppOrModule(exports[name]))
  const modules = names.filter((name) => name.endsWith('Module'))
  const name =
    exportName ??
    ['AppModule', 'default'].find((usual) => names.includes(usual)) ??
    (modules.length === 1 ? modules[0] : undefined)
  if (name !== undefined && names.includes(name)) return exports[name]
  const what = name === undefined ? 'The root module is not clear' : `There is no module ${name}`
  const choice =
    names.length === 0
      ? 'It exports none.'
      : `It exports ${names.join(', ')}: write --app ${file}#${names[0]}.`
  throw new CommandError(`${what} in ${file}. ${choice}`)
}

/** A function that returns the app, and no module. */
export const isFunction = (value: unknown): value is () => unknown =>
  typeof value === 'function' && !isClass(value)

const isClass = (value: unknown): boolean =>
  typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value))

/** A module class, a dynamic module, or a function. */
function isAppOrModule(value: unknown): boolean {
  return typeof value === 'function' || (typeof value === 'object' && value !== null && 'module' in value)
}

/** Node does not find the names of every CommonJS module, but they are members of its default export. */
function withCommonJsNames<Exports>(exports: object): Exports {
  const whole: unknown = Reflect.get(exports, 'default')
  const isExports = typeof whole === 'object' && whole !== null && !('module' in whole)
  return (isExports ? { ...whole, ...exports } : exports) as Exports
}
