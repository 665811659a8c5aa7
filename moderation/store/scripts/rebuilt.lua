#!lua flags=allow-oom
-- Marks in the label log that the learner was made anew from every label that holds, and keeps it.
-- KEYS: site, label prefix, label log, checkpoints
-- ARGV: site's name, number of labels and epoch it was made from, snapshot, 1 to raise the epoch,
--       learner, entry. Answer: 1, or 0 if labels came in or were erased meanwhile.
local labels = tonumber(redis.call('HGET', KEYS[1], 'labels') or '0')
local epoch = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '0')
if labels ~= tonumber(ARGV[2]) or epoch ~= tonumber(ARGV[3]) then return 0 end
local seq = redis.call('HINCRBY', KEYS[1], 'labels', 1)
redis.call('SET', KEYS[2] .. seq, ARGV[7])
redis.call('XADD', KEYS[3], '*', 's', ARGV[1], 'n', seq)
redis.call('DEL', KEYS[4])
redis.call('HSET', KEYS[4], ARGV[4] .. ':' .. seq, ARGV[6])
if ARGV[5] == '1' then redis.call('HINCRBY', KEYS[1], 'epoch', 1) end
redis.call('HDEL', KEYS[1], 'rebuild')
return 1
