#!lua flags=allow-oom
-- Copies to a shard which snapshot is in use, unless a later choice is there.
-- KEYS: snapshot of the shard, revision of that choice, others whose checkpoints stay until when.
-- ARGV: name, revision, now (ms), until when the one before stays (ms).
if tonumber(redis.call('GET', KEYS[2]) or '0') >= tonumber(ARGV[2]) then return 0 end
local before = redis.call('GET', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', ARGV[3])
if before and before ~= ARGV[1] then redis.call('ZADD', KEYS[3], ARGV[4], before) end
redis.call('ZREM', KEYS[3], ARGV[1])
return 1
