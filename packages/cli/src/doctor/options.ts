import { APP_OPTIONS } from '../app/app-options.js'
import type { GivenOptions, Options } from '../arguments/read-arguments.js'

export const DOCTOR_OPTIONS = {
  app: APP_OPTIONS.app,
  url: {
    type: 'string',
    value: 'address',
    help: 'Where the app runs, as its users reach it, with the path below which its routes are.',
  },
  start: {
    type: 'boolean',
    help: 'Also runs the lifecycle hooks of the app (onModuleInit …), as a start does. Schedulers\nand consumers start then too. It never listens.',
  },
  'token-env': {
    type: 'string',
    value: 'name',
    help: 'The environment variable that holds an access token, to look at guarded answers of --url.',
  },
  json: { type: 'boolean', help: 'Prints { findings, notChecked } as JSON.' },
  'env-file': APP_OPTIONS['env-file'],
  timeout: APP_OPTIONS.timeout,
} as const satisfies Options

export type DoctorOptions = GivenOptions<typeof DOCTOR_OPTIONS>
