#!lua flags=allow-oom
-- Notes what a person did. KEYS: the log. ARGV: about how many entries are kept, the entry.
return redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'e', ARGV[2])
