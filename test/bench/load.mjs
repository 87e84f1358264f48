import { connect } from 'node:net'

/**
 * Requests over a few connections that are kept, one under way on each, for `duration` milliseconds: how many were
 * answered in how long. All answers must have this status; they are of one length, so that the client does next to
 * nothing beside the server that it measures.
 */
export async function load(port, { requests, status, duration, connections = 8 }) {
  let at = 0
  let answered = 0
  let open = true
  const next = () => requests[at++ % requests.length]
  const expected = Buffer.from(`HTTP/1.1 ${status}`)

  const started = performance.now()
  const timer = setTimeout(() => (open = false), duration)
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = await connected(port)
      let length = 0
      let received = 0
      await new Promise((resolve, reject) => {
        socket.on('error', reject)
        socket.on('close', () => reject(new Error('the server hung up')))
        socket.on('data', (chunk) => {
          if (received === 0 && chunk.compare(expected, 0, expected.length, 0, expected.length) !== 0) {
            reject(new Error(`wanted ${status}, got ${chunk.toString('latin1').slice(0, 400)}`))
          }
          length ||= lengthOf(chunk)
          received += chunk.length
          if (received < length) return
          received = 0
          answered++
          if (open) socket.write(next())
          else resolve()
        })
        socket.write(next())
      })
      socket.removeAllListeners('close').destroy()
    }),
  )
  clearTimeout(timer)
  return { answered, seconds: (performance.now() - started) / 1000 }
}

export function requestWith(token, path = '/items/mine') {
  return Buffer.from(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\nUser-Agent: bench\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  )
}

function connected(port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
    socket.once('error', reject)
  })
}

function lengthOf(chunk) {
  const text = chunk.toString('latin1')
  const [, body = '0'] = /content-length: (\d+)/i.exec(text) ?? []
  return text.indexOf('\r\n\r\n') + 4 + Number(body)
}
