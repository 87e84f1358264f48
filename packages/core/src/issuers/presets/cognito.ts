import type { IssuerOptions } from '../issuer-options.js'
import { frozenIssuer, type Names, PresetArguments } from './preset-arguments.js'

/** What `cognito` must know. */
export interface CognitoArguments {
  /** The id of the user pool, such as `eu-west-1_AbCdEf123`. It begins with the region. */
  readonly userPoolId: string | undefined
  /** The ids of your app clients: one must be `client_id`. */
  readonly clients: Names
}

/**
 * Access tokens of an Amazon Cognito user pool: without `typ`, `token_use` is `access`, and the app client is in
 * `client_id` instead of `aud`. ID tokens (`token_use: 'id'`) are refused. Groups are in `cognito:groups`. Throws a
 * `JwtAuthConfigError` if an argument is wrong.
 *
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
 */
export function cognito(options: CognitoArguments): IssuerOptions {
  const args = new PresetArguments('cognito', options, ['userPoolId', 'clients'])
  const userPoolId = args.string('userPoolId', 'eu-west-1_AbCdEf123')
  const clients = args.names('clients', '1example23456789')
  const [, region] = /^([a-z]{2,}(?:-[a-z]+)+-\d+)_[\dA-Za-z]+$/.exec(userPoolId) ?? []
  if (region === undefined && userPoolId !== '') {
    const fix = "Write it as the console shows it, such as 'eu-west-1_AbCdEf123'"
    args.refuse('userPoolId', 'The value is not the id of a user pool', fix)
  }
  args.finish()
  const issuer = `https://cognito-idp.${region}.amazonaws.com/${userPoolId}`
  return frozenIssuer({
    issuer,
    jwksUrl: `${issuer}/.well-known/jwks.json`,
    clients,
    algorithms: ['RS256'],
    tokenTypes: [null],
    accept: ({ token_use }) => token_use === 'access',
  })
}
