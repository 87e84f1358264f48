import { Agent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'

export interface Request {
  method?: string
  path: string
  /** As they go over the wire: names may repeat. */
  headers?: [name: string, value: string][]
  /** A string goes out as it is, anything else as JSON. */
  body?: unknown
  agent?: Agent
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** The parsed JSON, or the text where it is none. */
  body: unknown
}

/** One request, by default on a connection of its own. Rejects where the server hangs up without an answer. */
export function sendRequest(port: number, { method = 'GET', path, ...rest }: Request): Promise<Answer> {
  const headers = [...(rest.headers ?? [])]
  const body = bodyText(rest.body)
  headers.unshift(['Host', `127.0.0.1:${port}`])
  if (body !== undefined) {
    if (!headers.some(([name]) => name.toLowerCase() === 'content-type')) {
      headers.push(['Content-Type', 'application/json'])
    }
  }
  if (method !== 'GET') headers.push(['Content-Length', String(Buffer.byteLength(body ?? ''))])
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { host: '127.0.0.1', port, method, path, headers: headers.flat(), agent: rest.agent ?? false },
      (incoming) => {
        readAnswer(incoming).then(resolve, reject)
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/**
 * Sends the request again for as long as the answer is 503. An app with the default time-out gives its store half a second,
 * which is too little on a busy machine.
 */
export async function sendPatiently(port: number, request: Request): Promise<Answer> {
  const answer = await sendRequest(port, request)
  return answer.status === 503 ? sendPatiently(port, request) : answer
}

function bodyText(body: unknown): string | undefined {
  if (body === undefined || typeof body === 'string') return body
  return JSON.stringify(body)
}

async function readAnswer(incoming: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, text, body: parseBody(text) }
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
