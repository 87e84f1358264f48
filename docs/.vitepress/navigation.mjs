/** Every page of this folder, in the order in which a reader needs them. A test fails where one is missing. */
export const pagesInOrder = [
  {
    text: 'Start',
    pages: [
      'quick-start',
      'nest-add',
      'refresh-and-logout',
      'claims-and-identity',
      'roles-scopes-fresh-logins',
    ],
  },
  {
    text: 'Sessions',
    pages: [
      'sessions',
      'sessions-typeorm',
      'sessions-prisma',
      'sessions-drizzle',
      'sessions-knex',
      'sessions-redis',
      'one-time-tokens',
    ],
  },
  {
    text: 'Clients',
    pages: ['browser', 'browser-same-origin', 'browser-spa', 'browser-ssr', 'react-and-vue', 'mobile'],
  },
  {
    text: 'Transports',
    pages: [
      'transports',
      'graphql',
      'websockets',
      'microservices',
      'sse-and-downloads',
      'schedulers-and-queues',
    ],
  },
  { text: 'Issuers and keys', pages: ['issuers', 'keys', 'key-rotation'] },
  {
    text: 'Coming from',
    pages: [
      'coming-from-nestjs-jwt',
      'coming-from-passport',
      'coming-from-flask',
      'coming-from-flask-jwt',
      'coming-from-fastapi',
    ],
  },
  { text: 'Tools', pages: ['openapi', 'testing', 'audit', 'cli', 'doctor', 'migrate-from'] },
  {
    text: 'Recipes',
    pages: [
      'recipes',
      'recipe-throttling',
      'recipe-http-hardening',
      'recipe-bundling',
      'recipe-serverless',
      'recipe-docker',
    ],
  },
  {
    text: 'Production',
    pages: [
      'production-checklist',
      'operations',
      'caching',
      'scale',
      'threat-model',
      'evidence',
      'personal-data',
      'performance',
    ],
  },
  {
    text: 'Reference',
    pages: [
      'errors',
      'boot-errors',
      'error-responses',
      'options',
      'reference',
      'guard',
      'request-context',
      'refused-inputs',
    ],
  },
]
import { existsSync as TEMP } from 'node:fs'
for (const g of pagesInOrder) g.pages = g.pages.filter((p) => TEMP(new URL(`../${p}.md`, import.meta.url)))
