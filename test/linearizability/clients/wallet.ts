import type { Reply } from '../app/messages.js'
import type { Answer, Name } from '../checker/history.js'

interface Token {
  readonly name: Name
  readonly text: string
  readonly session: Name | undefined
}

/** What the clients of a subject hold, all together: each may use what another got, as a thief does. */
export class Wallet {
  /** Latest last. */
  readonly refresh: Token[] = []
  readonly access: Token[] = []
  readonly sessions = new Map<Name, string>()

  /** The answer in names. What nobody has seen before is named after the call. */
  keep(call: number, session: Name | undefined, reply: Reply): Answer {
    switch (reply.kind) {
      case 'tokens': {
        if (session !== undefined && reply.sessionId !== undefined)
          this.sessions.set(session, reply.sessionId)
        return {
          kind: 'tokens',
          refresh: reply.refresh && nameIn(this.refresh, `r${call}`, reply.refresh, session),
          access: nameIn(this.access, `a${call}`, reply.access, session),
        }
      }
      case 'listed':
        for (const { id, call } of reply.sessions) this.sessions.set(`s${call}`, id)
        return { kind: 'listed', sessions: reply.sessions.map(({ call }) => `s${call}`) }
      default:
        return reply
    }
  }
}

function nameIn(tokens: Token[], name: Name, text: string, session: Name | undefined): Name {
  const known = tokens.find((token) => token.text === text)
  if (known !== undefined) return known.name
  tokens.push({ name, text, session })
  return name
}
