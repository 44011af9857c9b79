-- ARGV: account, limit. Gives record and plan of each by turns.
local found, seen, limit = {}, {}, tonumber(ARGV[2])
for _, id in ipairs(redis.call('LRANGE', P .. 'recent:' .. ARGV[1], 0, -1)) do
  if #found >= 2 * limit then break end
  local task = redis.call('HMGET', P .. 'task:' .. id, 'record', 'plan')
  if task[1] and not seen[id] then
    seen[id] = true
    found[#found + 1], found[#found + 2] = task[1], task[2]
  end
end
return found
