-- ARGV: id, plan, callbacks as JSON, milliseconds that the task is kept from now on, 0 for ever.
local id, key = ARGV[1], P .. 'task:' .. ARGV[1]
if redis.call('EXISTS', key) == 0 then return 0 end
redis.call('HSET', key, 'plan', ARGV[2])
local first = redis.call('HGET', key, 'first')
for _, number in ipairs(first and cjson.decode(first) or {}) do
  if redis.call('ZREM', P .. 'due', number) == 1 then redis.call('HDEL', P .. 'callbacks', number) end
end
redis.call('HDEL', key, 'first')
pushed(id, cjson.decode(ARGV[3]))
local life = tonumber(ARGV[4])
if life > 0 then
  local ends = milliseconds() + life
  redis.call('ZADD', P .. 'ends', ends, id)
  redis.call('PEXPIREAT', key, ends)
end
return 1
