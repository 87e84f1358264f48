import type { Memory, Step } from './step.js'

const TIMEOUT = 15_000 // milliseconds

/** Makes the calls in order, prints a line for each, and returns how many were not answered as promised. */
export async function tell(chapter: readonly Step[], url: string, memory: Memory): Promise<number> {
  let failures = 0
  for (const step of chapter) {
    const path = typeof step.path === 'string' ? step.path : step.path(memory)
    const problem = await play(step, url + path, memory)
    if (problem) failures++
    print(step, path, problem)
  }
  return failures
}

/** What differs from the promise, or nothing. */
async function play(step: Step, url: string, memory: Memory): Promise<string | undefined> {
  try {
    const response = await send(step, url, memory)
    const text = await response.text()
    if (response.status !== step.status) return `answered ${response.status} ${text}`
    const body: unknown = text === '' ? undefined : JSON.parse(text)
    step.check?.({ headers: response.headers, body }, memory)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function send(step: Step, url: string, memory: Memory): Promise<Response> {
  const { method, as, token, device } = step
  const body = typeof step.body === 'function' ? step.body(memory) : step.body
  const headers = new Headers()
  const bearer = token ? token(memory) : as && memory.tokens.get(as)?.access_token
  if (bearer) headers.set('authorization', `Bearer ${bearer}`)
  if (device) headers.set('user-agent', device)
  if (body !== undefined) headers.set('content-type', 'application/json')
  return fetch(url, {
    method,
    headers,
    body: body === undefined ? null : JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT),
  })
}

function print(
  { method, as = 'nobody', status, proves }: Step,
  path: string,
  problem: string | undefined,
): void {
  const shortPath = path.replace(/[\w-]{20,}$/, ':id')
  const call = `${method.padEnd(6)} ${shortPath.padEnd(21)} ${as.padEnd(9)}`
  say(!problem, `${call} ${status}  ${proves}`)
  if (problem) process.stdout.write(`    ${problem.replaceAll('\n', '\n    ')}\n`)
}

export function say(isGood: boolean, line: string): void {
  process.stdout.write(`${isGood ? '✓' : '✗'} ${line}\n`)
}
