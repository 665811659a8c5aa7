#!lua flags=allow-oom
-- Keeps a log-in. KEYS: session, the person's sessions. ARGV: digest, session, time to live (ms).
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('SADD', KEYS[2], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1
