import type { KeyField } from './key-material.js'

type Mistake = readonly [problem: string, fix: string]
type Rule = readonly [isMade: (text: string, field: KeyField) => boolean, mistake: Mistake]

const base64Of = (text: string): Buffer => Buffer.from(/^[\w+/\s-]+=*\s*$/.test(text) ? text : '', 'base64')

/** The first rule that applies is reported. Mistakes that hide others come first. */
const RULES: readonly Rule[] = [
  [
    (text) => text.trim() === '',
    ['The string is empty', 'Check that the environment variable or file that it comes from has a value'],
  ],
  [
    (text) => /^\s*(["'`]).*\1\s*$/s.test(text),
    [
      'The quotes around the key are part of the value, as `docker run --env-file` keeps them',
      'Remove them where the value is set, or read it with JSON.parse(value)',
    ],
  ],
  [
    (text) => /\\[nr]/.test(text),
    [
      'The line ends of the key are written as the two characters \\n',
      "Restore them: value.replaceAll('\\\\n', '\\n')",
    ],
  ],
  [
    (text) => text.trimStart().startsWith('{'),
    ['The value is a JWK as a JSON string', 'Pass the object: JSON.parse(value)'],
  ],
  [
    (text) => /ENCRYPTED/.test(text),
    [
      'The private key is encrypted',
      'Decrypt it with its passphrase, and pass the KeyObject: createPrivateKey({ key, passphrase }) of node:crypto',
    ],
  ],
  [
    (text) => /BEGIN OPENSSH PRIVATE KEY/.test(text),
    [
      'The key is in the format of OpenSSH',
      'Convert a copy of the file to PEM with `ssh-keygen -p -m pkcs8 -N "" -f <copy>`',
    ],
  ],
  [
    (text) => /^\s*(ssh-|ecdsa-sha2-)/.test(text),
    ['The key is in the format of OpenSSH', 'Convert it to PEM with `ssh-keygen -e -m pkcs8 -f <file>`'],
  ],
  [
    (text, field) => field === 'privateKey' && /BEGIN ([A-Z]+ )?PUBLIC KEY|BEGIN CERTIFICATE/.test(text),
    [
      'The value is a public key or a certificate, which cannot sign',
      'Set the private key, or set publicKey instead',
    ],
  ],
  [
    (text) => /^\s*-----BEGIN [^\n]*[^-\s]/.test(text) && !/^\s*-----BEGIN [A-Z ]+-----\s*\n/.test(text),
    [
      'The line ends of the key have become spaces or are missing',
      'Keep them by quoting the value where it is set, or store the key in base64 and pass ' +
        "Buffer.from(value, 'base64').toString()",
    ],
  ],
  [
    (text) => /^[ \t]+\S/m.test(text) && /-----BEGIN/.test(text),
    [
      'The lines of the key are indented',
      "Remove the space at the beginning of each line: value.replaceAll(/^[ \\t]+/gm, '')",
    ],
  ],
  [
    (text) => base64Of(text).includes('-----BEGIN'),
    ['The value is a PEM key encoded in base64', "Decode it: Buffer.from(value, 'base64').toString()"],
  ],
  [
    (text) => base64Of(text)[0] === 0x30,
    [
      'The value is a DER key encoded in base64, without the BEGIN and END lines of PEM',
      "Pass a KeyObject: createPrivateKey({ key: Buffer.from(value, 'base64'), format: 'der', type: 'pkcs8' }), or " +
        "createPublicKey with the type 'spki'",
    ],
  ],
  [
    // What UTF-8 cannot read was DER, or came through a wrong encoding.
    (text) => text.startsWith('0') && /[\ufffd\0]/.test(text),
    [
      'The bytes are a DER key',
      "Pass a KeyObject: createPrivateKey({ key, format: 'der', type: 'pkcs8' }), or createPublicKey with the type 'spki'",
    ],
  ],
  [
    (text) => /^\S*[/\\]\S*$|^\S+\.(pem|key|pub|crt|cer|der|json)$/.test(text.trim()),
    ['The value is the path of a file', "Pass what the file contains: readFileSync(path, 'utf8')"],
  ],
]

/** What is wrong with a string that cannot be read as a key, and how to fix it. Never quotes the string. */
export function mistakeInKeyText(field: KeyField, text: string): Mistake {
  const found = RULES.find(([isMade]) => isMade(text, field))
  return (
    found?.[1] ?? [
      `The value cannot be read as a ${field === 'privateKey' ? 'private' : 'public'} key`,
      'Pass PEM text, a JWK or a KeyObject',
    ]
  )
}
