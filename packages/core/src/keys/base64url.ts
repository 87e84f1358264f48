/**
 * The bytes of a base64url text without padding, or `undefined` where the text is not the one way to write those
 * bytes (RFC 4648 section 5): padding, white space, another alphabet, spare bits that are not zero.
 */
export function decodeBase64Url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}
