-- ARGV: reference, address, the file, 1 if it is whole, how many are kept.
local files, references = P .. 'files', P .. 'references'
local function drop(address)
  local value = redis.call('HGET', files, address)
  if value then redis.call('HDEL', references, cjson.decode(value:sub(2))[1]) end
  redis.call('HDEL', files, address)
  redis.call('ZREM', P .. 'file-order', address)
end
drop(redis.call('HGET', references, ARGV[1]) or ARGV[2])
drop(ARGV[2])
redis.call('HSET', files, ARGV[2], ARGV[4] .. ARGV[3])
redis.call('HSET', references, ARGV[1], ARGV[2])
redis.call('ZADD', P .. 'file-order', redis.call('INCR', P .. 'numbers'), ARGV[2])
while redis.call('ZCARD', P .. 'file-order') > tonumber(ARGV[5]) do
  drop(redis.call('ZRANGE', P .. 'file-order', 0, 0)[1])
end
