#!lua
-- Keeps a learner's checkpoint and drops older ones. KEYS: site, checkpoints.
-- ARGV: name, epoch it was made in, learner, names to drop. Answer: 1, or 0 if the epoch moved on.
if (redis.call('HGET', KEYS[1], 'epoch') or '0') ~= ARGV[2] then return 0 end
redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[3])
for i = 4, #ARGV do redis.call('HDEL', KEYS[2], ARGV[i]) end
return 1
