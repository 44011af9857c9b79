-- ARGV: record, plan, what else there is as JSON (see `RedisProviderStore.add_task`).
local more = cjson.decode(ARGV[3])
local id, key = more.id, P .. 'task:' .. more.id
purge(8)
if more.replace then
  forget(id)
else
  if redis.call('EXISTS', key) == 1 then return 'id-taken' end
  for _, row in ipairs(more.keys) do
    local known = named(row.name)
    if known and (known.expires == cjson.null or tonumber(more.created) < known.expires) then return 'key-known' end
  end
end
redis.call('HSET', key, 'record', ARGV[1], 'plan', ARGV[2])
for kind, left in pairs(more.faults) do redis.call('HSET', key, 'fault ' .. kind, left) end
local names = {}
local function name(row)
  names[#names + 1] = row.name
  redis.call('SET', row.name, row.plain)
  if row.life > 0 then redis.call('PEXPIRE', row.name, row.life) end
end
for _, row in ipairs(more.aliases) do name(row) end
for _, row in ipairs(more.keys) do
  name(row)
  redis.call('ZADD', P .. 'keys', row.life > 0 and milliseconds() + row.life or '+inf', row.name)
end
if #names > 0 then redis.call('HSET', key, 'names', cjson.encode(names)) end
redis.call('ZADD', P .. 'order', redis.call('INCR', P .. 'numbers'), id)
redis.call('SADD', P .. 'accounts', more.account)
redis.call('LPUSH', P .. 'recent:' .. more.account, id)
redis.call('LTRIM', P .. 'recent:' .. more.account, 0, more.recent - 1)
pushed(id, more.callbacks)
for _, plain in ipairs(more.bookings) do
  redis.call('HSET', P .. 'bookings:' .. more.account, id, plain)
end
if more.life > 0 then
  local ends = milliseconds() + more.life
  redis.call('ZADD', P .. 'ends', ends, id)
  redis.call('PEXPIREAT', key, ends)
end
while redis.call('ZCARD', P .. 'order') > more.limit do
  forget(redis.call('ZRANGE', P .. 'order', 0, 0)[1])
end
return 'done'
