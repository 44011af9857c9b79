-- ARGV: reference.
local address = redis.call('HGET', P .. 'references', ARGV[1])
return address and redis.call('HGET', P .. 'files', address)
