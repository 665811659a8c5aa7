#!lua flags=allow-oom
-- Marks in the label log that the learner was made anew from every label that holds, and keeps it
-- as of that mark, with what it was at earlier places, for withdrawals that come after it.
-- KEYS: site, label prefix, label log, checkpoints
-- ARGV: site's name, what it was made from (number of labels, epoch, how often it was asked for),
--       snapshot, entry, learner as of the mark; then place, learner at that place, as often as
--       there are earlier places
-- Answer: 1, or 0 if labels came in or were erased meanwhile.
local meta = redis.call('HMGET', KEYS[1], 'labels', 'epoch', 'rebuild', 'erased')
for i = 1, 3 do
  if (meta[i] or '0') ~= ARGV[1 + i] then return 0 end
end
local seq = redis.call('HINCRBY', KEYS[1], 'labels', 1)
redis.call('SET', KEYS[2] .. seq, ARGV[6])
redis.call('XADD', KEYS[3], '*', 's', ARGV[1], 'n', seq)
-- What was erased too far back is in no learner from here on.
local epoch = meta[4] and redis.call('HINCRBY', KEYS[1], 'epoch', 1) or meta[2] or 0
redis.call('HDEL', KEYS[1], 'rebuild', 'erased')
redis.call('DEL', KEYS[4])
local as_of = ARGV[5] .. ':' .. epoch .. ':' .. seq .. ':'
redis.call('HSET', KEYS[4], as_of .. seq, ARGV[7])
for i = 8, #ARGV, 2 do redis.call('HSET', KEYS[4], as_of .. ARGV[i], ARGV[i + 1]) end
return 1
