import type { ForeignClaims, IssuerOptions } from '../issuer-options.js'
import { frozenIssuer, PresetArguments } from './preset-arguments.js'

/** What `firebase` must know. */
export interface FirebaseArguments {
  /** The id of the project, not its number. It is `aud`, and the end of `iss`. */
  readonly projectId: string | undefined
  /**
   * Accepts users who signed in anonymously.
   *
   * @default false
   */
  readonly anonymous?: boolean
}

/**
 * ID tokens of Firebase Authentication, which are what its clients send to a server: `aud` is the project, and the keys are
 * X.509 certificates that all projects share. Session cookies, custom tokens and tokens of Identity Platform tenants
 * (`firebase.tenant`) are refused. Custom claims are at the top level. Throws a `JwtAuthConfigError` if an argument is wrong.
 *
 * @see https://firebase.google.com/docs/auth/admin/verify-id-tokens#verify_id_tokens_using_a_third-party_jwt_library
 */
export function firebase(options: FirebaseArguments): IssuerOptions {
  const args = new PresetArguments('firebase', options, ['projectId', 'anonymous'])
  const projectId = args.string('projectId', 'my-project-1a2b3')
  const anonymous = args.flag('anonymous')
  if (/^\d+$/.test(projectId)) {
    args.refuse(
      'projectId',
      'The value is the number of a project',
      "Write its id, such as 'my-project-1a2b3'",
    )
  } else if (projectId !== '' && !/^[a-z][\d.:a-z-]*$/.test(projectId)) {
    const fix = "Write the id only, such as 'my-project-1a2b3'"
    args.refuse('projectId', 'The value is not the id of a project', fix)
  }
  args.finish()
  return frozenIssuer({
    issuer: `https://securetoken.google.com/${projectId}`,
    jwksUrl: 'https://www.googleapis.com/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com',
    audience: projectId,
    algorithms: ['RS256'],
    tokenTypes: ['JWT'],
    requiredClaims: ['sub', 'exp', 'iat', 'auth_time'],
    accept: (claims) => isUserOfProject(claims, anonymous),
  })
}

function isUserOfProject({ firebase }: ForeignClaims, anonymous: boolean): boolean {
  if (typeof firebase !== 'object' || firebase === null) return false
  const { tenant, sign_in_provider: provider } = firebase as Record<string, unknown>
  return tenant === undefined && (anonymous || provider !== 'anonymous')
}
