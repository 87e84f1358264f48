import { type IncomingHttpHeaders, request as overHttp } from 'node:http'
import { request as overHttps } from 'node:https'

export interface Question {
  readonly method?: 'GET' | 'POST' | 'OPTIONS'
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The member `errorCode` of a JSON body. */
  readonly errorCode: unknown
  /** When the question was sent and its answer came, in milliseconds since the epoch. */
  readonly sentAt: number
  readonly cameAt: number
}

/** Asks once and follows no redirect. Rejects with the error of the network, of TLS, or of the time-out. */
export type Ask = (url: URL, question?: Question) => Promise<Answer>

/** A refusal of the library is shorter. */
const MAX_BODY = 16_384

/** `timeout`: the milliseconds for a whole answer. */
export function askWithin(timeout: number): Ask {
  return (url, question = {}) => askOnce(url, question, timeout)
}

function askOnce(url: URL, { method = 'GET', headers = {} }: Question, timeout: number): Promise<Answer> {
  const request = url.protocol === 'https:' ? overHttps : overHttp
  const sentAt = Date.now()
  const signal = AbortSignal.timeout(timeout)
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(signal.aborted ? late(timeout) : error)
    const sent = request(
      url,
      { method, signal, headers: { accept: 'application/json', ...headers } },
      (response) => {
        const cameAt = Date.now()
        let body = ''
        const end = () => {
          const { statusCode: status = 0, headers } = response
          resolve({ status, headers, errorCode: errorCodeOf(body), sentAt, cameAt })
          response.destroy()
        }
        response.setEncoding('utf8')
        response.on('data', (text: string) => {
          body += text
          if (body.length > MAX_BODY) end()
        })
        response.once('end', end)
        response.once('error', fail)
        if (/event-stream/.test(response.headers['content-type'] ?? '')) end()
      },
    )
    sent.once('error', fail)
    sent.end()
  })
}

export function late(timeout: number): Error {
  return Object.assign(new Error(`There is no answer within ${timeout / 1000} seconds`), {
    code: 'ETIMEDOUT',
  })
}

function errorCodeOf(body: string): unknown {
  try {
    const parsed: unknown = JSON.parse(body)
    return typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, 'errorCode') : undefined
  } catch {
    return undefined
  }
}
