#!lua flags=allow-oom
-- Keeps a log-in. KEYS: session, the person's sessions, when people were seen.
-- ARGV: digest, session, time to live (ms), the person, when they were seen, whether it is new
-- ('1'; else one that was ended meanwhile stays ended). Answer: 1 if it was kept, else 0.
if ARGV[6] ~= '1' and redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('SADD', KEYS[2], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('HSET', KEYS[3], ARGV[4], ARGV[5])
return 1
