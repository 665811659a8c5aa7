#!lua
-- Changes a site's settings, or its list or what is held, which share their revision; unless
-- somebody else did since they were read.
-- KEYS: site, what is changed. ARGV: revision that was read, what it is to be.
-- Answer: the new revision, 0 where it was another.
if (redis.call('HGET', KEYS[1], 'settings') or '0') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2])
return redis.call('HINCRBY', KEYS[1], 'settings', 1)
