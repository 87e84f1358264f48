/**
 * Keys or metadata could not be fetched. The message is the reason as a part of a sentence, such as "the response has the
 * status 500". It is logged, so it holds nothing of the response's content.
 */
export class FetchFailure extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options)
    this.name = 'FetchFailure'
  }
}

/** Says of any error why the fetch failed. Of a network error only its code is told, such as ECONNREFUSED. */
export function asFetchFailure(error: unknown): FetchFailure {
  if (error instanceof FetchFailure) return error
  const code = codeOf(error) ?? codeOf((error as { cause?: unknown } | undefined)?.cause)
  return new FetchFailure(`the request failed${code === undefined ? '' : ` (${code})`}`, { cause: error })
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : undefined
}
