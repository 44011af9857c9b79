-- ARGV: address.
local value = redis.call('HGET', P .. 'files', ARGV[1])
if not value then return 0 end
redis.call('HSET', P .. 'files', ARGV[1], '1' .. value:sub(2))
return 1
