#!lua flags=allow-oom
-- Counts one attempt, or one turn. KEYS: counters. ARGV: how long each is kept from its first (ms).
-- Answer: the counts.
local counts = {}
for i, key in ipairs(KEYS) do
  counts[i] = redis.call('INCR', key)
  if counts[i] == 1 then redis.call('PEXPIRE', key, ARGV[1]) end
end
return counts
