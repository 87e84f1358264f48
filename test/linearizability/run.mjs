// `npm run linearizability`: HISTORIES (2,000) short histories with every fault, in at most MINUTES (60); SEED is the first
// seed. The same seed asks the same, but the machine decides who is faster, so a history never comes back exactly.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'nest-jwt-auth-evidence-'))
const file = join(folder, 'evidence.json')
const { HISTORIES = '2000' } = process.env
const { status } = spawnSync(
  'npm',
  ['run', '--silent', 'test:jest', '--', '--runTestsByPath', 'test/linearizability/histories.spec.ts'],
  { stdio: 'inherit', env: { ...process.env, HISTORIES, EVIDENCE_FILE: file } },
)
if (existsSync(file)) console.log(`evidence: ${readFileSync(file, 'utf8')}`)
rmSync(folder, { recursive: true })
process.exitCode = status ?? 1
