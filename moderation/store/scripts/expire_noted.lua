#!lua flags=allow-oom
-- Forgets where decisions of long ago counted, and that they did.
-- KEYS: prefix of authors
-- ARGV: the hour (since 1970) before which they are forgotten, ids of comments, a hundred at most
-- Answer: how many reputations went with them
local n, oldest, hour = 0, tonumber(ARGV[1]), math.floor(redis.call('TIME')[1] / 3600)
for i = 2, #ARGV do n = n + weighing(signals()).expire(KEYS[1], ARGV[i], oldest, hour) end
return n
