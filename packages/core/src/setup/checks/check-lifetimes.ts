import type { CheckedOptions } from '../options/option-tables.js'
import type { Problems } from '../problems.js'

/** Reports conflicts between `accessToken.expiresIn`, `notBefore` and `allowNever`. */
export function checkAccessLifetime({ accessToken }: CheckedOptions, problems: Problems): void {
  const { expiresIn, notBefore, allowNever } = accessToken
  if (problems.mentions('accessToken')) return
  if (expiresIn === 'never') {
    if (allowNever) return
    problems.add(
      'accessToken.expiresIn',
      "The value is 'never', but accessToken.allowNever is not true",
      "Set a lifetime such as '15m', or set accessToken.allowNever to true",
    )
  } else if (notBefore !== undefined && notBefore >= expiresIn) {
    problems.add(
      'accessToken.notBefore',
      'The duration must be shorter than accessToken.expiresIn; otherwise tokens expire before they are valid',
      'Set a shorter duration',
    )
  }
}
