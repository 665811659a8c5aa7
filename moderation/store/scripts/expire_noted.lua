#!lua flags=allow-oom
-- Forgets where decisions of long ago counted, and that they did.
-- KEYS: prefix of authors, bucket of what leads to last entries of the label log
-- ARGV: the hour (since 1970) before which they are forgotten, ids of that bucket, a hundred at most
-- Answer: how many reputations went with them
local n, oldest, hour = 0, tonumber(ARGV[1]), math.floor(redis.call('TIME')[1] / 3600)
for i = 2, #ARGV do
  local last = redis.call('HGET', KEYS[2], ARGV[i])
  local seq = last and struct.unpack('>I4', last, 5) or 0
  n = n + weighing(signals()).expire(KEYS[1], ARGV[i], seq, oldest, hour)
end
return n
