#!lua flags=allow-oom
-- Forgets a candidate. KEYS: times of first use, then the hashes that hold something of it.
-- ARGV: name. Answer: 1, 0 if it was in use once.
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 0 end
for i = 2, #KEYS do redis.call('HDEL', KEYS[i], ARGV[1]) end
return 1
