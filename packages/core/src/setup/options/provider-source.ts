import { isProviderBody } from '../extra-sources.js'
import { valueThat } from './checks.js'

/** A class that a module provides, or a provider without its token. Which module provides it is checked in the graph. */
export const providerSource = valueThat(
  (value): value is object => typeof value === 'function' || isProviderBody(value),
  'a class or a provider',
  'Write the name of a class, or { useFactory, inject }, { useValue }, { useClass } or { useExisting }',
)
