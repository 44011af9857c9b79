local value = redis.call('HGET', P .. 'notes', ARGV[1])
redis.call('HDEL', P .. 'notes', ARGV[1])
return value
