import { JwtAuthError, type TokenPair, type TokenService } from '@nest-jwt-auth/core'
import type { Question, Reply } from './messages.js'

/** Asks a `TokenService`, and says what came of it. */
export async function answer(tokens: TokenService, question: Question): Promise<Reply> {
  try {
    return await ask(tokens, question)
  } catch (error) {
    if (!(error instanceof JwtAuthError)) throw error
    return error.errorCode === 'store_unavailable'
      ? { kind: 'unknown' }
      : { kind: 'refused', code: error.errorCode }
  }
}

async function ask(tokens: TokenService, question: Question): Promise<Reply> {
  switch (question.kind) {
    case 'login':
      return replyOf(
        await tokens.issue(question.subject, { session: { metadata: { call: String(question.call) } } }),
      )
    case 'refresh':
      return replyOf(await tokens.refresh(question.token))
    case 'present':
      await tokens.verify(question.token, { kind: 'refresh' })
      return { kind: 'done' }
    case 'check':
      await tokens.verify(question.token)
      return { kind: 'done' }
    case 'revoke':
      await tokens.revoke(question.token)
      return { kind: 'done' }
    case 'end':
      return {
        kind: 'ended',
        count: Number(await tokens.revokeSession(question.sessionId, { subject: question.subject })),
      }
    case 'revokeAll':
      return {
        kind: 'ended',
        count: await tokens.revokeAll(question.subject, { except: question.except }),
      }
    case 'list': {
      const sessions = await tokens.sessions(question.subject)
      return {
        kind: 'listed',
        sessions: sessions.map(({ id, metadata }) => ({ id, call: Number(metadata?.['call']) })),
      }
    }
    case 'issue':
      return { kind: 'tokens', access: await tokens.issueAccessToken(question.subject) }
  }
}

function replyOf({ sessionId, refreshToken, accessToken }: TokenPair): Reply {
  return { kind: 'tokens', sessionId, refresh: refreshToken, access: accessToken }
}
