import { createHash, randomUUID } from 'node:crypto'

/** The least that a rotation can be: what is there is compared, and replaced with a new time to live. */
const COMPARE_AND_SWAP = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`
const SHA = createHash('sha1').update(COMPARE_AND_SWAP).digest('hex')
const MONTH = String(30 * 86_400_000)

export async function bareRotation(client, count) {
  await client.sendCommand(['SCRIPT', 'LOAD', COMPARE_AND_SWAP])
  const all = []
  for (let number = 0; number < count; number++) {
    const [key, value] = [`bare:${randomUUID()}`, randomUUID()]
    await client.sendCommand(['SET', key, value, 'PX', MONTH])
    all.push({ key, value })
  }
  return all
}

export async function bareScript(client, record) {
  const [presented, successor] = [record.value, randomUUID()]
  record.value = successor
  const swapped = await client.sendCommand(['EVALSHA', SHA, '1', record.key, presented, successor, MONTH])
  if (swapped !== 1) throw new Error('nothing was swapped')
}
