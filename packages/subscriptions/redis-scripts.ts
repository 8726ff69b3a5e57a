/**
 * The changes that Redis makes in one step. Only commands and Lua of Redis 6.2. Every script gets the keys that it
 * touches, so that a Redis Cluster can route it.
 */

/**
 * One journal record. KEYS sentinel version registrations destinations changes api-keys changed-at; ARGV after offset
 * kind (`skip`: none) id record destination-held ('' for none) id-in-changes changes-kept decided-at ('' for none)
 * others-nested ('1': the destination is free, but others hold some in or around it, as of `after`).
 * Answers `applied`, `known`, `stray` (see `isStray` and `isRevival`) or `not-whole`.
 */
export const applyScript = `
local version = tonumber(redis.call('GET', KEYS[2]))
if redis.call('EXISTS', KEYS[1]) == 0 or not version then return 'not-whole' end
if tonumber(ARGV[2]) <= version then return 'known' end
if version < tonumber(ARGV[1]) then return 'not-whole' end
if ARGV[3] == 'api-key' then
  local before = redis.call('HGET', KEYS[6], ARGV[4])
  if before and cjson.decode(before).revokedAt and not cjson.decode(ARGV[5]).revokedAt then return 'stray' end
  redis.call('HSET', KEYS[6], ARGV[4], ARGV[5])
elseif ARGV[3] == 'registration' then
  local before = redis.call('HGET', KEYS[3], ARGV[4])
  local same = before == ARGV[5]
  if ARGV[9] ~= '' and not same then
    local changed = tonumber(redis.call('HGET', KEYS[7], ARGV[4]))
    if before and changed and changed > tonumber(ARGV[9]) then return 'stray' end
    local holder = ARGV[6] ~= '' and redis.call('HGET', KEYS[4], ARGV[6])
    if holder and holder ~= ARGV[4] or ARGV[10] == '1' then return 'stray' end
  end
  redis.call('HSET', KEYS[7], ARGV[4], ARGV[2])
  if before then
    local destination = cjson.decode(before).destination
    local held = destination.bucketName .. '/' .. destination.prefix
    if redis.call('HGET', KEYS[4], held) == ARGV[4] then redis.call('HDEL', KEYS[4], held) end
  end
  if ARGV[6] ~= '' then redis.call('HSET', KEYS[4], ARGV[6], ARGV[4]) end
  redis.call('HSET', KEYS[3], ARGV[4], ARGV[5])
  redis.call('XADD', KEYS[5], 'MAXLEN', '~', ARGV[8], ARGV[7], 'record', ARGV[5])
end
redis.call('SET', KEYS[2], ARGV[2])
return 'applied'`;

/**
 * Begins a rebuild: takes the lock and removes everything, the sentinel first. KEYS lock sentinel version then what is
 * removed; ARGV token lease-ms version force ('1' or ''). The lock's value is the token and the number of parts written:
 * a failover that lost parts is noticed by it. Answers `begun`, `busy` or `newer`.
 */
export const beginRebuildScript = `
if not redis.call('SET', KEYS[1], ARGV[1] .. ':0', 'NX', 'PX', ARGV[2]) then return 'busy' end
local version = tonumber(redis.call('GET', KEYS[3]))
local newest = tonumber(ARGV[3]) + (ARGV[4] == '1' and 1 or 0)
if redis.call('EXISTS', KEYS[2]) == 1 and version and version >= newest then
  redis.call('DEL', KEYS[1])
  return 'newer'
end
for i = 2, #KEYS do redis.call('UNLINK', KEYS[i]) end
return 'begun'`;

/** A part of a rebuild, while the lock is ours. KEYS lock hash; ARGV token lease-ms parts-before then fields and values. */
export const fillScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] .. ':' .. ARGV[3] then return 'lost' end
redis.call('SET', KEYS[1], ARGV[1] .. ':' .. (tonumber(ARGV[3]) + 1), 'PX', ARGV[2])
for i = 4, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
return 'filled'`;

/** Ends a rebuild: the sentinel is written last. KEYS lock version changes sentinel; ARGV token version id-in-changes parts. */
export const finishRebuildScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] .. ':' .. ARGV[4] then return 'lost' end
redis.call('SET', KEYS[2], ARGV[2])
redis.call('XADD', KEYS[3], ARGV[3], 'rebuilt', '1')
redis.call('SET', KEYS[4], ARGV[1])
redis.call('DEL', KEYS[1])
return 'rebuilt'`;

/** Gives a lock back if it is still held with this token. KEYS lock; ARGV token. */
export const releaseScript = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`;
