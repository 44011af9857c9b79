return {redis.call('GET', P .. 'number'), redis.call('LRANGE', P .. 'entries', 0, -1)}
