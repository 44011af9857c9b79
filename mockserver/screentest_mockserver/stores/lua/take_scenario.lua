-- ARGV: how many creates the default scenario refuses. Gives whether this one is refused, and the scenario if scheduled.
local list, refused = P .. 'scheduled', tonumber(redis.call('GET', P .. 'refused') or 0)
local head = redis.call('LINDEX', list, 0)
local count, limit, plain = 0, ARGV[1], ''
if head then count, limit, plain = head:match('^(%d+) (%d+) (.*)$') end
if refused < tonumber(limit) then
  redis.call('INCR', P .. 'refused')
  return {1, plain}
end
if refused > 0 then redis.call('DEL', P .. 'refused') end
if tonumber(count) > 1 then
  redis.call('LSET', list, 0, string.format('%d %s %s', count - 1, limit, plain))
elseif head then
  redis.call('LPOP', list)
end
return {0, plain}
