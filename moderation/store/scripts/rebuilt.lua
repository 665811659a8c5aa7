#!lua
-- Marks in the label log that the learner was made anew from every label that holds, and keeps it.
-- KEYS: site, label prefix, label log, checkpoints
-- ARGV: site's name, number of labels it was made from, snapshot, 1 to raise the epoch, learner,
--       entry. Answer: 1, or 0 if labels came in meanwhile.
local labels = tonumber(redis.call('HGET', KEYS[1], 'labels') or '0')
if labels ~= tonumber(ARGV[2]) then return 0 end
local seq = redis.call('HINCRBY', KEYS[1], 'labels', 1)
redis.call('SET', KEYS[2] .. seq, ARGV[6])
redis.call('XADD', KEYS[3], '*', 's', ARGV[1], 'n', seq)
redis.call('DEL', KEYS[4])
redis.call('HSET', KEYS[4], ARGV[3] .. ':' .. seq, ARGV[5])
if ARGV[4] == '1' then redis.call('HINCRBY', KEYS[1], 'epoch', 1) end
return 1
