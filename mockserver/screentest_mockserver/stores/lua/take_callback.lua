-- ARGV: now on the mock's clock, seconds of real time. The callback of a task that is gone is dropped.
end_leases()
while true do
  local number = redis.call('ZRANGEBYSCORE', P .. 'due', '-inf', ARGV[1], 'LIMIT', 0, 1)[1]
  if not number then return false end
  redis.call('ZREM', P .. 'due', number)
  local id, plain = callback(number)
  local task = redis.call('HMGET', P .. 'task:' .. id, 'record', 'plan')
  if task[1] then
    local ends = milliseconds() + math.floor(ARGV[2] * 1000)
    redis.call('ZADD', P .. 'leases', ends, number)
    return {number, exact(ends / 1000), plain, task[1], task[2]}
  end
  redis.call('HDEL', P .. 'callbacks', number)
end
