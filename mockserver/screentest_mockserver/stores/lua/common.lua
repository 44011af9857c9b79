-- What stands before each script. KEYS[1] is the prefix of all keys of a provider, with its hash tag: they share a slot.
local P = KEYS[1]

local function milliseconds()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function exact(number)
  return string.format('%.17g', number)
end

-- Whether a name (an alias, an idempotency key) stands for a task that is kept; its plain value.
local function named(name)
  local value = redis.call('GET', name)
  if not value then return nil end
  local known = cjson.decode(value)
  if redis.call('EXISTS', P .. 'task:' .. known.task) == 0 then return nil end
  return known, value
end

local function forget(id)
  local key = P .. 'task:' .. id
  local names = redis.call('HGET', key, 'names')
  for _, name in ipairs(names and cjson.decode(names) or {}) do
    local value = redis.call('GET', name)
    if value and cjson.decode(value).task == id then
      redis.call('DEL', name)
      redis.call('ZREM', P .. 'keys', name)
    end
  end
  redis.call('ZREM', P .. 'order', id)
  redis.call('ZREM', P .. 'ends', id)
  return redis.call('DEL', key)
end

-- Redis lets tasks and names go at their end by itself; this takes them out of the lists, so many at a time.
local function purge(most)
  local now = milliseconds()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'ends', '-inf', now, 'LIMIT', 0, most)) do
    forget(id)
  end
  redis.call('ZREMRANGEBYSCORE', P .. 'keys', '-inf', now)
end

local function push(id, plain)
  local number = redis.call('INCR', P .. 'numbers')
  redis.call('HSET', P .. 'callbacks', number, id .. '\n' .. plain)
  redis.call('ZADD', P .. 'due', exact(cjson.decode(plain)[1]), number)
  return number
end

local function pushed(id, callbacks)
  local first = {}
  for _, plain in ipairs(callbacks) do
    local number = push(id, plain)
    if cjson.decode(plain)[2] == 1 then first[#first + 1] = number end
  end
  if #first > 0 then redis.call('HSET', P .. 'task:' .. id, 'first', cjson.encode(first)) end
end

local function callback(number)
  local value = redis.call('HGET', P .. 'callbacks', number)
  local cut = value:find('\n[^\n]*$')
  return value:sub(1, cut - 1), value:sub(cut + 1)
end

-- Whoever has had a callback for too long has died: it is due again, under another number.
local function end_leases()
  for _, number in ipairs(redis.call('ZRANGEBYSCORE', P .. 'leases', '-inf', milliseconds())) do
    local id, plain = callback(number)
    redis.call('ZREM', P .. 'leases', number)
    redis.call('HDEL', P .. 'callbacks', number)
    push(id, plain)
  end
end

local function keep(list, plain, most)
  redis.call('RPUSH', list, plain)
  redis.call('LTRIM', list, -most, -1)
end
