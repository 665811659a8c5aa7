#!lua flags=allow-oom
-- Forgets that another person must look, where it is this person who asked. KEYS: the site's
-- escalations. ARGV: id, who. Answer: 'withdrawn', 'nothing' where nobody asks, 'other' where another
-- person does.
local entry = redis.call('HGET', KEYS[1], ARGV[1])
if not entry then return 'nothing' end
if cjson.decode(entry).by ~= ARGV[2] then return 'other' end
redis.call('HDEL', KEYS[1], ARGV[1])
return 'withdrawn'
