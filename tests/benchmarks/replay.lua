-- wrk script: sends the requests of a file at random and reports in JSON.
-- Arguments after "--": method, file of paths (one a line), body ("" for none). Headers come from -H.
-- A body with "@@" is another one each time: 5000 numbers take its place.

local requests, count = {}, 0

function init(args)
  math.randomseed(1)
  wrk.method = args[1]
  if args[3] ~= "" then
    wrk.body = args[3]
  end
  local bodies = args[3]:find("@@") and 5000 or 1
  for path in io.lines(args[2]) do
    for number = 1, bodies do
      count = count + 1
      local body = args[3] ~= "" and args[3]:gsub("@@", number) or nil
      requests[count] = wrk.format(nil, path, nil, body)
    end
  end
end

function request()
  return requests[math.random(count)]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %f, "refused": %d, "broken": %d, "median": %f, "p99": %f}\n',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)
  ))
end
