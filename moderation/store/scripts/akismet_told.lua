#!lua flags=allow-oom
-- Ends one try to tell a site of a comment, unless it is to be told anew meanwhile.
-- KEYS: who is to be told by when, tries. ARGV: who, the time that the caller was due (ms),
--       the next time (ms, 0: never). Answer: 1, or 0 where another time was set meanwhile.
local due = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not due or tonumber(due) ~= tonumber(ARGV[2]) then return 0 end
if ARGV[3] == '0' then
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('HDEL', KEYS[2], ARGV[1])
else
  redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
  redis.call('HINCRBY', KEYS[2], ARGV[1], 1)
end
return 1
