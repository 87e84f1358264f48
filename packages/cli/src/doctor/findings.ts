/** `problem`: something does not work, or is not safe. `warning`: it may be meant. `note`: good to know. */
export type Severity = 'problem' | 'warning' | 'note'

export interface FindingKind {
  readonly severity: Severity
  /** Why it matters, in one sentence. */
  readonly why: string
}

const problem = (why: string): FindingKind => ({ severity: 'problem', why })
const warning = (why: string): FindingKind => ({ severity: 'warning', why })
const note = (why: string): FindingKind => ({ severity: 'note', why })

/** Everything that `doctor` can find. The codes are stable: scripts may rely on them. */
export const FINDINGS = {
  app_does_not_start: problem('An app that does not start serves nobody.'),
  module_missing: problem('Nothing of the library works in this app.'),
  config_invalid: problem('The app does not start with this configuration.'),
  secret_weak: problem('Whoever guesses the secret can sign tokens for any user.'),
  secret_in_file: problem('Whoever can read the repository can sign tokens for any user.'),

  node_unsupported: problem('The library is not tested there, and may not load.'),
  nest_unsupported: problem('The library is not tested there, and may not load.'),
  package_twice: problem(
    'Guards and errors of one copy are unknown to the other, so routes may be open or answer 500.',
  ),
  package_left_over: note('Code that still uses it makes or accepts tokens that the guard knows nothing of.'),

  store_unreachable: problem('Each request with a token is answered with 503.'),
  store_not_migrated: problem('Each request with a token is answered with 503.'),
  store_evicts: problem(
    'When memory is short, Redis drops revocations, and ended tokens are accepted again.',
  ),
  store_not_durable: warning('A restart of the store signs everybody out.'),
  store_in_memory: warning('A restart signs everybody out, and other instances do not know the sessions.'),
  issuer_unreachable: problem(
    'Tokens of the issuer are answered with 503 as long as its keys are not known.',
  ),
  clock_differs: problem(
    'Tokens from a clock that is more than 5 seconds ahead are refused, and others live too long.',
  ),

  handler_open: problem('Anybody who reaches the app can call it.'),
  route_shadowed: problem('The guard of the later route is never asked.'),
  guarded_handler_cached: problem('Everybody with a token gets the answer of the user who came first.'),

  url_unreachable: problem('Users cannot reach the app either.'),
  certificate_invalid: problem(
    'Browsers and clients refuse the connection, or users learn to ignore warnings.',
  ),
  served_over_http: problem('Everybody on the way can read and use the tokens.'),
  hsts_missing: note('The first request of a browser may go over http, where it can be read and changed.'),
  guarded_route_answers: problem('What is guarded in the app is public at this address.'),
  guarded_answer_public: problem('A proxy or CDN may show one user the answer of another.'),
  cors_any_origin: problem('The page of any site can read what a signed-in user can.'),

  cookie_secure_over_http: problem('Browsers drop the cookies, so nobody stays signed in.'),
  cookie_secure_on_loopback: note(
    'Safari drops Secure cookies there; Chrome and Firefox keep them on localhost.',
  ),
  cookie_not_secure: problem('The cookies also travel over http, where everybody on the way can read them.'),
  cookie_domain_mismatch: problem('Browsers drop the cookies, so nobody stays signed in.'),
  cookie_path_mismatch: problem('Browsers do not send the cookie to these routes.'),
  cookie_for_subdomains: note(
    'Every subdomain receives the tokens, and can plant a cookie of the same name.',
  ),
  cookie_without_host_prefix: note('A subdomain can plant a cookie of the same name.'),
  same_site_none_unused: warning(
    'Browsers send the cookies with requests of every site, and no other origin may use them.',
  ),
  trusted_origin_insecure: warning('Whoever can change a page that travels over http can act as its users.'),
  trusted_origin_local: warning(
    'Any program on the machine of a user that serves this origin can act as the user.',
  ),
  trusted_origin_without_cors: warning('Browsers do not let pages of the origin read the answers.'),
  csrf_own_origin_refused: problem('Browsers without Sec-Fetch-Site cannot refresh, log out or send forms.'),
  csrf_foreign_origin_accepted: problem('Pages of other sites can act as a signed-in user.'),
} as const satisfies Readonly<Record<string, FindingKind>>

export type FindingCode = keyof typeof FINDINGS
