import type { IssuerOptions } from '../issuer-options.js'
import { frozenIssuer, type Names, PresetArguments } from './preset-arguments.js'

interface ClerkInstance {
  /** The Frontend API URL of the instance, such as `https://clerk.example.com`. */
  readonly frontendApiUrl: string | undefined
}

/** What `clerk` must know: the instance, and whose tokens are accepted. Of `authorizedParties` and `audience`, both may be set. */
export type ClerkArguments = ClerkInstance &
  (
    | {
        /** The origins of your pages, such as `https://example.com`: one must be `azp`. */
        readonly authorizedParties: Names
        readonly audience?: Names
      }
    | {
        readonly authorizedParties?: Names
        /** One of these must be `aud`, which tokens have if you add it to the session token: for apps without an origin. */
        readonly audience: Names
      }
  )

/**
 * Session tokens of Clerk. They live for 60 seconds, so a `clockTolerance` of some seconds helps. By default they have no
 * `aud`; `azp` is the origin of the page that asked for them. Sessions that are not complete (`sts: 'pending'`) are refused,
 * and so are tokens of JWT templates, which are made for other services and have no `sid`. Throws a `JwtAuthConfigError` if
 * an argument is wrong.
 *
 * @see https://clerk.com/docs/guides/sessions/session-tokens
 * @see https://clerk.com/docs/guides/sessions/jwt-templates
 * @see https://clerk.com/docs/guides/sessions/manual-jwt-verification
 */
export function clerk(options: ClerkArguments): IssuerOptions {
  const args = new PresetArguments('clerk', options, ['frontendApiUrl', 'authorizedParties', 'audience'])
  const issuer = args.url('frontendApiUrl', 'https://clerk.example.com')
  const clients = args.optionalNames('authorizedParties', 'https://example.com')
  const audience = args.optionalNames('audience', 'https://api.example.com')
  if (clients === undefined && audience === undefined) {
    const problem = 'Without authorizedParties and audience, tokens for pages of others are accepted'
    args.refuse(
      'authorizedParties',
      problem,
      "Set it to the origins of your pages, such as 'https://example.com'",
    )
  }
  if (clients?.some((one) => one !== '' && !/^[a-z][\d+.a-z-]*:\/\/[^\s#/?]+$/.test(one)) === true) {
    const fix = "Write an origin without a slash at its end, such as 'https://example.com'"
    args.refuse('authorizedParties', 'The value is not an origin', fix)
  }
  args.finish()
  return frozenIssuer({
    issuer,
    jwksUrl: `${issuer}/.well-known/jwks.json`,
    ...(clients === undefined ? {} : { clients }),
    ...(audience === undefined ? {} : { audience }),
    algorithms: ['RS256'],
    tokenTypes: ['JWT'],
    accept: ({ sid, sts }) => typeof sid === 'string' && (sts === undefined || sts === 'active'),
  })
}
