-- Everything but the choices, and the numbers: a lease of before must not end one of after.
for _, id in ipairs(redis.call('ZRANGE', P .. 'order', 0, -1)) do forget(id) end
for _, account in ipairs(redis.call('SMEMBERS', P .. 'accounts')) do
  redis.call('DEL', P .. 'recent:' .. account, P .. 'bookings:' .. account)
end
for _, name in ipairs({'order', 'ends', 'keys', 'accounts', 'scheduled', 'refused', 'files', 'references', 'file-order',
    'due', 'callbacks', 'leases', 'deliveries', 'notes'}) do
  redis.call('DEL', P .. name)
end
