import { access, constants, readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { delimiter, join, resolve } from 'node:path'
import { Client } from 'pg'
import { startRedis } from './start-redis.mjs'
import { startSoftHsm } from './start-softhsm.mjs'

// What some suites need beyond Node and npm. `find` takes the value of the variable, and resolves to where the service is, or throws.
export const services = {
  postgres: {
    label: 'PostgreSQL',
    variable: 'TEST_DATABASE_URL',
    how: 'Start one at 127.0.0.1:5432 (user postgres, no password, database test), or set TEST_DATABASE_URL.',
    find: async (url = 'postgres://postgres@127.0.0.1:5432/test') => {
      const client = new Client({ connectionString: url, connectionTimeoutMillis: patience })
      client.on('error', () => {})
      await client.connect()
      await client.end()
      return url
    },
  },
  'postgres-server': {
    label: 'a PostgreSQL installation to start servers from',
    variable: 'POSTGRES_BIN',
    how: 'Install it (Debian: apt-get install postgresql), or set POSTGRES_BIN to the folder of initdb and postgres.',
    find: async (folder) => {
      const versions = await readdir(debianPostgres).catch(() => [])
      const newestFirst = versions.toSorted((a, b) => Number(b) - Number(a))
      const folders = newestFirst.map((version) => join(debianPostgres, version, 'bin'))
      return Promise.any((folder ? [folder] : [...folders, ...programFolders]).map(withPostgres))
    },
  },
  mysql: {
    label: 'MariaDB or MySQL',
    variable: 'TEST_MYSQL_URL',
    how: 'Start one at 127.0.0.1:3306 (user root, no password, database test), or set TEST_MYSQL_URL.',
    find: (url = 'mysql://root@127.0.0.1:3306/test') =>
      speaks(url, 3306, '', (greeting) => greeting[4] === protocolVersion10),
  },
  redis: {
    label: 'Redis or Valkey',
    variable: 'REDIS_URL',
    how: 'Start one at 127.0.0.1:6379, set REDIS_URL, or put redis-server on the PATH.',
    find: async (url) => {
      if (url) return speaks(url, 6379, 'PING\r\n', isRedis)
      const usual = speaks('redis://127.0.0.1:6379', 6379, 'PING\r\n', isRedis)
      return usual.catch(async () => startRedis(await findProgram(redisServers)))
    },
  },
  'redis-server': {
    label: 'redis-server to start servers from',
    variable: 'REDIS_SERVER_PATH',
    how: 'Install Redis or Valkey (Debian: apt-get install redis-server), or set REDIS_SERVER_PATH.',
    find: (file) => findProgram(redisServers, file),
  },
  nats: {
    label: 'NATS',
    variable: 'NATS_URL',
    how: 'Start one at 127.0.0.1:4222, or set NATS_URL.',
    find: (url = 'nats://127.0.0.1:4222') => speaks(url, 4222, '', isNats),
  },
  'nats-server': {
    label: 'nats-server to start servers from',
    variable: 'NATS_SERVER_PATH',
    how: 'Install it (Debian: apt-get install nats-server), or set NATS_SERVER_PATH.',
    find: (file) => findProgram(['nats-server'], file),
  },
  mqtt: {
    label: 'an MQTT 5 broker',
    variable: 'MQTT_URL',
    how: 'Start one at 127.0.0.1:1883 (Debian: apt-get install mosquitto), or set MQTT_URL.',
    find: (url = 'mqtt://127.0.0.1:1883') => speaks(url, 1883, mqttConnect, isMqttAnswer),
  },
  rabbitmq: {
    label: 'RabbitMQ',
    variable: 'RABBITMQ_URL',
    how: 'Start one at 127.0.0.1:5672 (user guest), or set RABBITMQ_URL.',
    find: (url = 'amqp://127.0.0.1:5672') => speaks(url, 5672, amqpProtocol, isAmqpStart),
  },
  softhsm: {
    label: 'SoftHSM with pkcs11js',
    variable: 'SOFTHSM_MODULE',
    how: 'Install it (Debian: apt-get install softhsm2), run `npm ci --prefix test/pkcs11`, or set SOFTHSM_MODULE to libsofthsm2.so.',
    find: startSoftHsm,
  },
  vectors: {
    label: 'a folder of public test vectors',
    variable: 'VECTORS_DIR',
    how: 'Put their JSON files (Wycheproof, JOSE cookbook, RFC examples) into a folder, and set VECTORS_DIR.',
    find: async (folder) => {
      if (!folder) throw new Error('not set')
      if ((await readdir(folder)).some((file) => file.endsWith('.json'))) return resolve(folder)
      throw new Error('no JSON file in it')
    },
  },
  spin: {
    label: 'the model checker spin, with gcc',
    variable: 'SPIN_PATH',
    how: 'Install both (Debian: apt-get install spin gcc), or set SPIN_PATH.',
    find: async (file) => {
      const [spin] = await Promise.all([findProgram(['spin'], file), findProgram(['gcc'])])
      return spin
    },
  },
  chromium: {
    label: 'Chromium',
    variable: 'CHROMIUM_PATH',
    how: 'Install it (Debian: apt-get install chromium-headless-shell), or set CHROMIUM_PATH.',
    // The one without a window takes less than half the time for each page.
    find: (file) =>
      findProgram(['chromium-headless-shell'], file).catch(() =>
        findProgram(['chromium', 'chromium-browser', 'google-chrome'], file),
      ),
  },
}

const debianPostgres = '/usr/lib/postgresql'
const programFolders = (process.env.PATH ?? '').split(delimiter)
const isRedis = (reply) => /^(\+PONG|-NOAUTH)/.test(reply.toString())
const isNats = (greeting) => greeting.toString().startsWith('INFO ')
/** CONNECT of MQTT 5, with a clean start and an empty client identifier. */
const mqttConnect = Buffer.from([0x10, 13, 0, 4, ...Buffer.from('MQTT'), 5, 2, 0, 10, 0, 0, 0])
const isMqttAnswer = (packet) => packet[0] === 0x20
const amqpProtocol = Buffer.from([...Buffer.from('AMQP'), 0, 0, 9, 1])
/** The method connection.start, in a frame of the channel 0. */
const isAmqpStart = (frame) => frame[0] === 1 && frame.readUInt32BE(7) === (10 << 16) + 10
const redisServers = ['redis-server', 'valkey-server']
const patience = 30_000
const protocolVersion10 = 10

/** Resolves to the first of these programs that is on the PATH, or to `file` if it can be run. */
function findProgram(names, file) {
  const candidates = file
    ? [file]
    : names.flatMap((name) => programFolders.map((folder) => join(folder, name)))
  return Promise.any(candidates.map((path) => access(path, constants.X_OK).then(() => path)))
}

async function withPostgres(folder) {
  const programs = ['initdb', 'postgres'].map((name) => access(join(folder, name), constants.X_OK))
  await Promise.all(programs)
  return folder
}

/** Resolves to the URL if the server there answers `greeting` with what is `expected`. */
function speaks(url, defaultPort, greeting, expected) {
  const { hostname, port } = new URL(url)
  return new Promise((answered, reject) => {
    const socket = connect({ host: hostname, port: Number(port || defaultPort), timeout: patience })
    const fail = (error) => reject(error ?? new Error('no answer'))
    socket.once('connect', () => socket.write(greeting))
    socket.once('data', (answer) =>
      expected(answer) ? answered(url) : fail(new Error('another kind of server answered')),
    )
    socket.once('data', () => socket.destroy()).once('timeout', () => socket.destroy())
    socket.once('error', fail).once('close', () => fail())
  })
}
