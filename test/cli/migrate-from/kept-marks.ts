import { type Case, marks, routes } from './guarded-app.js'

const open = (code: string, imports?: string): Case['files'][number] => ['src/open.ts', marks(code, imports)]
/** Metadata of keys that are only known when the app runs. */
export const anyKeys: [string, Case['files']][] = [
  [
    'closed by a variable that is SetMetadata',
    [
      [
        'src/closed.ts',
        "import { SetMetadata } from '@nestjs/common';\nconst set = SetMetadata;\nexport const Closed = () => set('open to all', false);\n",
      ],
    ],
  ],
  [
    'closed by a computed key',
    [
      [
        'src/closed.ts',
        "import { SetMetadata } from '@nestjs/common';\nexport const Closed = () => SetMetadata(['open', 'to', 'all'].join(' '), false);\n",
      ],
    ],
  ],
  [
    'closed by a function for any key',
    [
      [
        'src/closed.ts',
        "import { SetMetadata } from '@nestjs/common';\nexport const Meta = (key: string, value: unknown) => SetMetadata(key, value);\n",
      ],
    ],
  ],
  [
    'a computed key',
    [
      [
        'src/open.ts',
        "import { SetMetadata } from '@nestjs/common';\nexport const OPEN = ['open', 'all'].join();\nexport const Open = () => SetMetadata(OPEN, true);\n",
      ],
    ],
  ],
]
/** Marks that may have another value than `true`. */
export const oneKeys: [string, Case['files']][] = [
  ['a parameter', [open('export const Open = (on = true) => SetMetadata(OPEN, on);')]],
  [
    'a condition',
    [open('export const Open = (on = true) => on ? SetMetadata(OPEN, true) : SetMetadata(OPEN, false);')],
  ],
  [
    'a decorator that closes',
    [
      open(
        'export const Open = () => SetMetadata(OPEN, true);\nexport const Closed = () => SetMetadata(OPEN, false);',
      ),
      ['src/routes.ts', routes('@Closed()', { onClass: '@Open()', imports: 'Open, Closed' })],
    ],
  ],
  [
    'closed at the handler',
    [['src/routes.ts', routes("@SetMetadata('open to all', false)", { onClass: '@Open()' })]],
  ],
  [
    'closed by another constant in another file',
    [
      [
        'src/closed.ts',
        "import { SetMetadata } from '@nestjs/common';\nconst K = 'open to all';\nexport const Closed = () => SetMetadata(K, false);\n",
      ],
    ],
  ],
  [
    'closed by an alias of SetMetadata',
    [
      [
        'src/closed.ts',
        "import { SetMetadata as Meta } from '@nestjs/common';\nexport const Closed = () => Meta('open to all', false);\n",
      ],
    ],
  ],
  [
    'closed by a namespace',
    [
      [
        'src/closed.ts',
        "import * as nest from '@nestjs/common';\nexport const Closed = () => nest.SetMetadata('open to all', false);\n",
      ],
    ],
  ],
  [
    'closed by an enum',
    [
      [
        'src/closed.ts',
        "import { SetMetadata } from '@nestjs/common';\nenum Keys { Open = 'open to all' }\nexport const Closed = () => SetMetadata(Keys.Open, false);\n",
      ],
    ],
  ],
  [
    'closed by Reflect',
    [
      [
        'src/closed.ts',
        "import { Routes } from './routes';\nimport { OPEN } from './open';\nReflect.defineMetadata(OPEN, false, Routes.prototype.a);\n",
      ],
    ],
  ],
  [
    'closed by Reflect, another way',
    [['src/closed.ts', "Reflect['defineMetadata']('open to all', false, class A {});\n"]],
  ],
  [
    'closed by the Reflector',
    [
      [
        'src/closed.ts',
        "import { Reflector } from '@nestjs/core';\nexport const Closed = Reflector.createDecorator<boolean>({ key: 'open to all' });\n",
      ],
    ],
  ],
  [
    'closed by a function of another file that is SetMetadata',
    [
      [
        'src/nest.ts',
        "import { SetMetadata } from '@nestjs/common';\nexport const Other = SetMetadata('other', true);\n",
      ],
      [
        'src/closed.ts',
        "import { SetMetadata as mark } from './nest';\nexport const Closed = () => mark('open to all', false);\n",
      ],
    ],
  ],
  [
    'closed by a template',
    [
      [
        'src/closed.ts',
        "import { SetMetadata } from '@nestjs/common';\nexport const Closed = () => SetMetadata(`open to all`, false);\n",
      ],
    ],
  ],
  [
    'closed by a member of a constant',
    [
      [
        'src/closed.ts',
        "import { SetMetadata } from '@nestjs/common';\nconst KEYS = { open: 'open to all' } as const;\nexport const Closed = () => SetMetadata(KEYS.open, false);\n",
      ],
    ],
  ],
  [
    'given to something else',
    [['src/closed.ts', "import { close } from 'somewhere';\nimport { OPEN } from './open';\nclose(OPEN);\n"]],
  ],
  [
    're-exported under another name, and closed',
    [
      ['src/keys.ts', "export { OPEN as SHUT } from './open';\n"],
      [
        'src/closed.ts',
        "import { SetMetadata } from '@nestjs/common';\nimport { SHUT } from './keys';\nexport const Closed = () => SetMetadata(SHUT, false);\n",
      ],
    ],
  ],
  [
    'a decorator of the Reflector',
    [
      [
        'src/open.ts',
        "import { Reflector } from '@nestjs/core';\nexport const OPEN = Reflector.createDecorator<boolean>();\nexport const Open = OPEN;\n",
      ],
    ],
  ],
]
