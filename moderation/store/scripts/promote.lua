#!lua flags=allow-oom
-- Decides which snapshot is in use, and records who decided that and why.
-- KEYS: snapshot in use, changes, bytes of snapshots, times of first use.
-- ARGV: revision that was seen ('' any), name, time (ms), record, changes that are kept.
-- Answer: the new revision, 0 if the revision is another or the snapshot is gone.
local revision = redis.call('HGET', KEYS[1], 'revision') or '0'
if ARGV[1] ~= '' and ARGV[1] ~= revision then return 0 end
if redis.call('HEXISTS', KEYS[3], ARGV[2]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'name', ARGV[2])
redis.call('HSETNX', KEYS[4], ARGV[2], ARGV[3])
redis.call('RPUSH', KEYS[2], ARGV[4])
redis.call('LTRIM', KEYS[2], -tonumber(ARGV[5]), -1)
return redis.call('HINCRBY', KEYS[1], 'revision', 1)
