end_leases()
return redis.call('ZRANGE', P .. 'due', 0, 0, 'WITHSCORES')[2]
