import { auth } from 'express-oauth2-jwt-bearer'

export const name = 'express-oauth2-jwt-bearer'

/** Its middleware, without Express: of the request it reads only these members. */
export function prepare({ algorithm, issuer, audience, jwksUrl }) {
  const middleware = auth({ issuer, audience, jwksUri: jwksUrl, tokenSigningAlg: algorithm, strict: true })
  const rest = { query: {}, method: 'GET', protocol: 'https', url: '/', is: () => false }
  return {
    verify(token) {
      const headers = { host: 'api.example', authorization: `Bearer ${token}` }
      const request = { ...rest, headers, get: (name) => headers[name.toLowerCase()] }
      return new Promise((resolve, reject) => {
        middleware(request, {}, (error) => (error ? reject(error) : resolve(request.auth)))
      })
    },
  }
}
