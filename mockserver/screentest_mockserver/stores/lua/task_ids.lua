purge(-1)
return redis.call('ZRANGE', P .. 'order', 0, -1)
