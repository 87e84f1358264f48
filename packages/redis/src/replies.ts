/** A reply as text, whatever types the client was told to give: text, bytes or a number; `undefined` for nothing. */
export function textOf(reply: unknown): string | undefined {
  if (reply === null || reply === undefined) return undefined
  if (typeof reply === 'string') return reply
  if (typeof reply === 'number' || typeof reply === 'bigint') return String(reply)
  if (reply instanceof Uint8Array) return Buffer.from(reply).toString('utf8')
  throw new TypeError('Redis gave another kind of answer than expected.')
}

export function textsOf(reply: unknown): readonly (string | undefined)[] {
  if (!Array.isArray(reply)) throw new TypeError('Redis gave another kind of answer than expected.')
  return reply.map(textOf)
}

export function numberOf(reply: unknown): number {
  return Number(textOf(reply))
}
