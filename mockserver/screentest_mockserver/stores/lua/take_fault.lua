-- ARGV: id, kind.
local key, field = P .. 'task:' .. ARGV[1], 'fault ' .. ARGV[2]
if tonumber(redis.call('HGET', key, field) or 0) < 1 then return 0 end
redis.call('HINCRBY', key, field, -1)
return 1
