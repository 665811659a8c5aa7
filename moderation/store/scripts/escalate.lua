#!lua flags=allow-oom
-- Notes that another person must look. KEYS: the site's escalations. ARGV: id, entry, most of them.
-- Answer: 1, or 0 where there are too many.
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) and redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
