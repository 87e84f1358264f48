import { register } from 'node:module'
import { pathToFileURL } from 'node:url'

// `node --import` of this file: everything in the process uses the packages of Nest in the folder NEST_FOLDER.
const parentURL = pathToFileURL(`${process.env.NEST_FOLDER}/package.json`).href
register('./nest-resolver.mjs', { parentURL: import.meta.url, data: parentURL })
