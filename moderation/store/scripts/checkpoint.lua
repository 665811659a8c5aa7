#!lua
-- Keeps a learner's checkpoint and drops older ones and those made with another snapshot.
-- KEYS: site, checkpoints. ARGV: name, epoch it was made in, learner, names to drop.
-- Answer: 1, or 0 if the epoch moved on.
if (redis.call('HGET', KEYS[1], 'epoch') or '0') ~= ARGV[2] then return 0 end
redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[3])
for i = 4, #ARGV do redis.call('HDEL', KEYS[2], ARGV[i]) end
local snapshot = string.match(ARGV[1], '^.*:')
for _, name in ipairs(redis.call('HKEYS', KEYS[2])) do
  if string.sub(name, 1, #snapshot) ~= snapshot then redis.call('HDEL', KEYS[2], name) end
end
return 1
