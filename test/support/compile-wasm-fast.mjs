import { setFlagsFromString } from 'node:v8'

// An embedded PostgreSQL is 10 MB of WebAssembly: to optimize it takes longer than a test needs it.
setFlagsFromString('--liftoff-only')
