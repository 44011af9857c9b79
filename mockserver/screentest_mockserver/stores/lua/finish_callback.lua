-- ARGV: number, the delivery or '', the task's id, what is due next or '', how many deliveries are kept.
if redis.call('ZREM', P .. 'leases', ARGV[1]) == 0 then return 0 end
redis.call('HDEL', P .. 'callbacks', ARGV[1])
if ARGV[2] ~= '' then keep(P .. 'deliveries', ARGV[2], ARGV[5]) end
if ARGV[4] ~= '' then push(ARGV[3], ARGV[4]) end
return 1
