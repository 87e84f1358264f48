import { createAuthFetch, type AuthFetch, type AuthFetchOptions } from '@nest-jwt-auth/browser'

const open: AuthFetch[] = []

export interface Tab {
  authFetch: AuthFetch
  /** How often the page was told that the session is over. */
  ends: () => number
}

export function openTab(options: AuthFetchOptions): Tab {
  let ends = 0
  const authFetch = createAuthFetch({
    ...options,
    onSessionEnd: () => {
      ends++
      options.onSessionEnd?.()
    },
  })
  open.push(authFetch)
  return { authFetch, ends: () => ends }
}

export function closeTabs(): void {
  for (const authFetch of open.splice(0)) authFetch.close()
}

export async function statusesOf(answers: Promise<Response>[]): Promise<number[]> {
  return (await Promise.all(answers)).map(({ status }) => status)
}
