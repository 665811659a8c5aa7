#!lua flags=allow-oom
-- Counts what a person decided on a day. KEYS: counter. ARGV: how many more (fewer where negative),
-- how long it is kept (ms). Answer: the count, which is never below 0.
local count = math.max(0, tonumber(redis.call('GET', KEYS[1]) or 0) + tonumber(ARGV[1]))
redis.call('SET', KEYS[1], count, 'PX', ARGV[2])
return count
