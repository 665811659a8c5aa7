#!lua flags=allow-oom
-- Keeps what a secret opens for a while. KEYS: ticket. ARGV: what it opens, time to live (ms).
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
