import type { GivenOptions, Options } from '../arguments/read-arguments.js'

/** The options of every command that works with the user's app. */
export const APP_OPTIONS = {
  app: {
    type: 'string',
    value: 'file[#export]',
    help:
      'The built root module, such as dist/app.module.js. Default: the app.module.js below the\n' +
      'outDir of tsconfig.json. The export is a module, or a function that returns the app;\n' +
      'default: AppModule, or the only module of the file.',
  },
  'env-file': {
    type: 'string',
    value: 'file',
    help: 'Sets the variables of this file first, unless they are set. Apps that read .env do so anyway.',
  },
  timeout: {
    type: 'string',
    value: 'seconds',
    help: 'How long the app may take to start. Default: 60.',
  },
} as const satisfies Options

export type GivenAppOptions = GivenOptions<typeof APP_OPTIONS>
