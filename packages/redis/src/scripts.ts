import { Script } from './script.js'

/*
 * Every script works on one key, KEYS[1]: the hash of a subject. ARGV[1] is now, of the app's clock, which alone decides
 * what is past; ARGV[2] how many milliseconds the key is to live at least, which Redis counts by itself. So the key
 * goes a little after the record in it that is kept the longest.
 */
const PRELUDE = String.raw`
local key, now, ttl = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])

local function isThere(record)
  return record and tonumber(string.match(record, '^%S+')) > now
end

local function keep()
  if redis.call('PTTL', key) < math.max(ttl, 1) then redis.call('PEXPIRE', key, math.max(ttl, 1)) end
end
`

/* Removes what is past when the hash has doubled, so that a record costs the same however many there are. */
const PUT = String.raw`
local function put(field, record)
  if ttl <= 0 then
    redis.call('HDEL', key, field)
    return
  end
  redis.call('HSET', key, field, record)
  keep()
  if redis.call('HLEN', key) <= 16 then return end
  if redis.call('HLEN', key) <= tonumber(redis.call('HGET', key, '#') or 16) then return end
  local all, left = redis.call('HGETALL', key), 0
  for i = 1, #all, 2 do
    if all[i] == '#' or isThere(all[i + 1]) then left = left + 1 else redis.call('HDEL', key, all[i]) end
  end
  redis.call('HSET', key, '#', 2 * left)
end
`

/** ARGV: field, record. */
export const ADD = new Script(`${PRELUDE}${PUT}put(ARGV[3], ARGV[4])`)

/** ARGV: field, record, max or ''. */
export const OPEN = new Script(String.raw`${PRELUDE}${PUT}
put(ARGV[3], ARGV[4])
if ARGV[5] == '' then return end
local all, others = redis.call('HGETALL', key), {}
for i = 1, #all, 2 do
  if string.sub(all[i], 1, 2) == 's:' and all[i] ~= ARGV[3] and isThere(all[i + 1]) then
    local used = string.match(all[i + 1], '^%S+ %S+ %S+ %S+ %S+ %S+ (%S+)')
    others[#others + 1] = { field = all[i], used = tonumber(used) }
  end
end
table.sort(others, function(a, b) return a.used < b.used end)
for i = 1, #others + 1 - tonumber(ARGV[5]) do redis.call('HDEL', key, others[i].field) end
`)

/**
 * ARGV: field, presented, first line of the record that follows, its keepUntil, grace, deadline or '', and until when
 * the owner is noted or ''. The rule is that of `standingOf`. Answers what it was, the server's time, and of a parent
 * its successor.
 */
export const ROTATE = new Script(String.raw`${PRELUDE}
local time = redis.call('TIME')
local server = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[8] ~= '' and server > tonumber(ARGV[8]) then return 'late ' .. server end

local record = redis.call('HGET', key, ARGV[3]) or ''
local keepUntil, token, jti, parent, rotatedAt, line, ownerUntil = string.match(
  record, '^(%S+) ((%S+) %S+ %S+) (%S+) (%S+) %S+()\n(%S+)')
if not keepUntil or tonumber(keepUntil) <= now then return 'gone ' .. server end

if jti == ARGV[4] then
  local rest = string.sub(record, line)
  if tonumber(ARGV[6]) > tonumber(ownerUntil) then
    if ARGV[9] == '' then return 'unowned ' .. server end
    rest = '\n' .. ARGV[9] .. string.sub(rest, 2 + #ownerUntil)
    keep()
  end
  redis.call('HSET', key, ARGV[3], ARGV[5] .. rest)
  return 'rotated ' .. server
end
if tonumber(ARGV[7]) > 0 and parent == ARGV[4] and now < tonumber(rotatedAt) + tonumber(ARGV[7]) then
  return 'repeated ' .. server .. ' ' .. token
end
redis.call('HDEL', key, ARGV[3])
return 'reused ' .. server
`)

/** ARGV: field. Answers 1 where something was there. */
export const TAKE = new Script(String.raw`${PRELUDE}
local record = redis.call('HGET', key, ARGV[3])
return isThere(record) and redis.call('HDEL', key, ARGV[3]) or 0
`)

/** ARGV: the field that is left, keepUntil of the generation, the generation where none is kept. Answers how many sessions ended. */
export const END_ALL = new Script(String.raw`${PRELUDE}
local all, ended = redis.call('HGETALL', key), 0
for i = 1, #all, 2 do
  local kind = string.sub(all[i], 1, 2)
  if (kind == 's:' and all[i] ~= ARGV[3]) or kind == 'o:' then
    redis.call('HDEL', key, all[i])
    if kind == 's:' and isThere(all[i + 1]) then ended = ended + 1 end
  end
end
local known, generation, keepUntil = redis.call('HGET', key, 'g'), tonumber(ARGV[5]), ARGV[4]
if isThere(known) then
  local knownUntil, knownGeneration = string.match(known, '^(%S+) (%S+)')
  generation = tonumber(knownGeneration)
  if tonumber(knownUntil) > tonumber(keepUntil) then keepUntil = knownUntil end
end
redis.call('HSET', key, 'g', keepUntil .. ' ' .. (generation + 1))
keep()
return ended
`)

/** ARGV: keepUntil of the generation, the generation where none is kept. Answers the generation. */
export const ADMIT = new Script(String.raw`${PRELUDE}${PUT}
local known, generation, keepUntil = redis.call('HGET', key, 'g'), ARGV[4], ARGV[3]
if isThere(known) then
  local knownUntil
  knownUntil, generation = string.match(known, '^(%S+) (%S+)')
  if tonumber(knownUntil) >= tonumber(keepUntil) then return tonumber(generation) end
end
put('g', keepUntil .. ' ' .. generation)
return tonumber(generation)
`)

/** Answers ids and records of the sessions that are there, one after the other. */
export const LIST = new Script(String.raw`${PRELUDE}
local all, found = redis.call('HGETALL', key), {}
for i = 1, #all, 2 do
  if string.sub(all[i], 1, 2) == 's:' and isThere(all[i + 1]) then
    found[#found + 1] = string.sub(all[i], 3)
    found[#found + 1] = all[i + 1]
  end
end
return found
`)
