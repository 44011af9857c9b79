purge(-1)
return redis.call('ZCARD', P .. 'order')
