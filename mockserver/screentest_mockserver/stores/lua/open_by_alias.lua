-- KEYS: prefix, clock. ARGV: the name.
local known = named(ARGV[1])
local task = known and redis.call('HMGET', P .. 'task:' .. known.task, 'record', 'plan') or {false, false}
return {redis.call('GET', P .. 'choices'), redis.call('GET', KEYS[2]), task[1], task[2]}
