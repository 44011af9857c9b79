local found = {}
for _, address in ipairs(redis.call('ZRANGE', P .. 'file-order', 0, -1)) do
  found[#found + 1] = redis.call('HGET', P .. 'files', address)
end
return found
