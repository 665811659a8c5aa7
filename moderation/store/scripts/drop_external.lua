#!lua flags=allow-oom
-- Forgets external ids of comments that are gone, unless they were given anew meanwhile.
-- KEYS: bucket, comment prefix. ARGV: external id, comment's id, … Answer: how many it forgot.
local dropped = 0
for at = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[at]) == ARGV[at + 1]
    and redis.call('EXISTS', KEYS[2] .. ARGV[at + 1]) == 0 then
    dropped = dropped + redis.call('HDEL', KEYS[1], ARGV[at])
  end
end
return dropped
