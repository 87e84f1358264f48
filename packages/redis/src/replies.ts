/** A reply as a string, whether the client returns strings, bytes or numbers; `undefined` for nil. */
export function textOf(reply: unknown): string | undefined {
  if (reply === null || reply === undefined) return undefined
  if (typeof reply === 'string') return reply
  if (typeof reply === 'number' || typeof reply === 'bigint') return String(reply)
  if (reply instanceof Uint8Array) return Buffer.from(reply).toString('utf8')
  throw new TypeError('Redis sent a reply of an unexpected type.')
}

export function textsOf(reply: unknown): readonly (string | undefined)[] {
  if (!Array.isArray(reply)) throw new TypeError('Redis sent a reply of an unexpected type.')
  return reply.map(textOf)
}

export function numberOf(reply: unknown): number {
  return Number(textOf(reply))
}
