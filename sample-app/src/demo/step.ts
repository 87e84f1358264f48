/** What one who is signed in holds. */
export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
}

/** What the story remembers from one step to the next. */
export interface Memory {
  /** By who holds them. */
  readonly tokens: Map<string, Tokens>
  itemId: number
  sessionId: string
}

export interface Answer {
  readonly headers: Headers
  /** The JSON body, `undefined` where there is none; which shape it has is for the step to check. */
  readonly body: unknown
}

/** One call: what is sent, what must come back, and what that proves. */
export interface Step {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string | ((memory: Memory) => string)
  /** Whose access token goes along; nobody's where left out. */
  readonly as?: string
  /** In place of the token that `as` holds; none where it is `undefined`. */
  readonly token?: (memory: Memory) => string | undefined
  readonly device?: string
  readonly body?: object | ((memory: Memory) => object)
  readonly status: number
  readonly proves: string
  /** Throws where the answer is not as promised; keeps in `memory` what later steps need. */
  readonly check?: (answer: Answer, memory: Memory) => void
}
