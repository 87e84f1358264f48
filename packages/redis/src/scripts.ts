import { Script } from './script.js'

/*
 * Every script works on one key, KEYS[1]: the hash of a subject. ARGV[1] is the time of the app's clock, by which records
 * expire. ARGV[2] is the minimum number of milliseconds for which Redis keeps the key: a little longer than the record in
 * it that is kept the longest.
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

/*
 * Removes expired records when the hash has doubled in size, so that the cost per record stays the same. The field '#'
 * holds the number of fields above which that happens next; up to 16 it does not.
 */
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

/** ARGV: field, keepUntil. A record that is kept for longer stays. */
export const ADD = new Script(String.raw`${PRELUDE}${PUT}
local field, keepUntil = unpack(ARGV, 3)
local known = redis.call('HGET', key, field)
if not isThere(known) or tonumber(known) < tonumber(keepUntil) then put(field, keepUntil) end
`)

/**
 * ARGV: field, record, max or ''; the field of the exchanged token or '', its keepUntil, the generation in which it was
 * checked. Returns 1 if the session was opened, 0 if the token is not to be exchanged any more.
 */
export const OPEN = new Script(String.raw`${PRELUDE}${PUT}
local field, record, max, exchanged, exchangedUntil, generation = unpack(ARGV, 3)
if exchanged ~= '' then
  local known = redis.call('HGET', key, 'g')
  local isCurrent = isThere(known) and tonumber(string.match(known, '^%S+ (%S+)')) == tonumber(generation)
  if not isCurrent or isThere(redis.call('HGET', key, exchanged)) then return 0 end
  put(exchanged, exchangedUntil)
end
put(field, record)
if max == '' then return 1 end
local all, others = redis.call('HGETALL', key), {}
for i = 1, #all, 2 do
  if string.sub(all[i], 1, 2) == 's:' and all[i] ~= field and isThere(all[i + 1]) then
    local used = string.match(all[i + 1], '^%S+ %S+ %S+ %S+ %S+ %S+ (%S+)')
    others[#others + 1] = { field = all[i], used = tonumber(used) }
  end
end
table.sort(others, function(a, b) return a.used < b.used end)
for i = 1, #others + 1 - tonumber(max) do redis.call('HDEL', key, others[i].field) end
return 1
`)

/** Redis's own time, in milliseconds. */
const TIME = String.raw`
local time = redis.call('TIME')
local server = time[1] * 1000 + math.floor(time[2] / 1000)
`

/** ARGV: fields. Returns their records, and then the time. */
export const READ = new Script(String.raw`${PRELUDE}${TIME}
local found = redis.call('HMGET', key, unpack(ARGV, 3))
found[#found + 1] = server
return found
`)

/**
 * ARGV: field; presented; the successor's first line up to the parent's jti; keepUntil; '1' if the parent may have its
 * successor again; rotatedAt, or '' for Redis's time; deadline or ''; until when the owner is noted, or '' if that was
 * not done; the new data or ''; the data that it replaces. Returns the kind of the result; for a parent its successor;
 * for data that is another by now that data.
 */
export const ROTATE = new Script(String.raw`${PRELUDE}${TIME}
local field, presented, successor, keepUntil, mayRepeat, rotatedAt, deadline, notedUntil, newData, oldData = unpack(ARGV, 3)
if deadline ~= '' and server > tonumber(deadline) then return 'late' end

local record = redis.call('HGET', key, field) or ''
local first, second, data = string.match(record, '^([^\n]*)\n([^\n]*)\n(.*)$')
if not first or tonumber(string.match(first, '^%S+')) <= now then return 'gone' end
local token, jti, parent = string.match(first, '^%S+ ((%S+) %S+ %S+) (%S+)')
local isRepeat = parent == presented and mayRepeat == '1'
if jti ~= presented and not isRepeat then
  redis.call('HDEL', key, field)
  return 'reused'
end
if newData ~= '' then
  if data ~= oldData then return 'changed ' .. data end
  data = newData
end

if jti == presented then
  local ownerUntil = string.match(second, '^%S+')
  if tonumber(keepUntil) > tonumber(ownerUntil) then
    if notedUntil == '' then return 'unowned' end
    second = notedUntil .. string.sub(second, 1 + #ownerUntil)
    keep()
  end
  if rotatedAt == '' then rotatedAt = server end
  first = successor .. ' ' .. rotatedAt .. ' ' .. ARGV[1]
  redis.call('HSET', key, field, first .. '\n' .. second .. '\n' .. data)
  return 'rotated'
end
if newData ~= '' then redis.call('HSET', key, field, first .. '\n' .. second .. '\n' .. data) end
return 'repeated ' .. token
`)

/** ARGV: field. Returns 1 if the field had a record that was not expired. */
export const TAKE = new Script(String.raw`${PRELUDE}
local record = redis.call('HGET', key, ARGV[3])
return isThere(record) and redis.call('HDEL', key, ARGV[3]) or 0
`)

/** ARGV: the field of the session that is not ended, or '', keepUntil of the generation, the generation where none is kept. Returns how many sessions ended. */
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

/** ARGV: keepUntil of the generation, the generation where none is kept. Returns the generation. */
export const KEEP_GENERATION = new Script(String.raw`${PRELUDE}${PUT}
local known, generation, keepUntil = redis.call('HGET', key, 'g'), ARGV[4], ARGV[3]
if isThere(known) then
  local knownUntil
  knownUntil, generation = string.match(known, '^(%S+) (%S+)')
  if tonumber(knownUntil) >= tonumber(keepUntil) then return tonumber(generation) end
end
put('g', keepUntil .. ' ' .. generation)
return tonumber(generation)
`)

/** Returns the id and the record of each session, one after the other. */
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
