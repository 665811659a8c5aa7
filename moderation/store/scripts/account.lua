#!lua flags=allow-oom
-- Changes or removes an account unless accounts changed since they were read. KEYS: accounts,
-- their revision, when people were seen. ARGV: revision as read ('' for none), name, account ('':
-- remove it). Answer: 1 if it was done, else 0.
if (redis.call('GET', KEYS[2]) or '') ~= ARGV[1] then return 0 end
redis.call('INCR', KEYS[2])
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[2])
  redis.call('HDEL', KEYS[3], ARGV[2])
else
  redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
end
return 1
