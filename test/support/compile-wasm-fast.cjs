// An embedded PostgreSQL is 10 MB of WebAssembly: to optimize it takes longer than a test needs it.
require('node:v8').setFlagsFromString('--liftoff-only')
