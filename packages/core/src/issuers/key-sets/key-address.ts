import type { ConfigProblem } from '../../errors/config.error.js'

type Problem = Omit<ConfigProblem, 'path'>

/** What is wrong with an address of keys or metadata: only https is allowed, or http to this machine itself. */
export function keyAddressProblem(address: unknown): Problem | undefined {
  const url = typeof address === 'string' ? parseUrl(address) : undefined
  if (url === undefined) return { problem: 'The value is not a URL', fix: 'Set it to an https URL' }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url))) {
    return {
      problem: 'The URL does not begin with https://, so an attacker in the network could replace the keys',
      fix: 'Use the https URL; http is allowed for localhost, 127.0.0.1 and [::1] only',
    }
  }
  if (url.username !== '' || url.password !== '') {
    return {
      problem: 'The URL contains a user name or a password',
      fix: 'Remove them; if the server requires them, set the option fetch to a function that sends them',
    }
  }
  if (url.hash !== '') {
    return { problem: 'The URL has a fragment', fix: 'Remove the part that begins with #' }
  }
  return undefined
}

/** Whether a URL leads to this machine itself. False for what is not a URL. */
export function isLoopbackAddress(address: string): boolean {
  const url = parseUrl(address)
  return url !== undefined && isLoopback(url)
}

/** The URL parser has written all other forms of these addresses, such as 127.1, in this one. */
function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

function parseUrl(address: string): URL | undefined {
  return URL.canParse(address) ? new URL(address) : undefined
}
