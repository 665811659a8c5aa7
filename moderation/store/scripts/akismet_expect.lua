#!lua flags=allow-oom
-- Notes that a site is to be told of a comment, as of a time; a decision needs it even in a full
-- store. KEYS: who is to be told by when, tries. ARGV: who, when (ms). Answer: 1
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
return 1
