#!lua
-- Keeps a snapshot under its name. KEYS: what is known of each, bytes.
-- ARGV: name, what is known of it, its bytes.
-- Answer: 1, 0 if it was there before, -1 if the name is taken by other bytes.
local found = redis.call('HGET', KEYS[2], ARGV[1])
if found and found ~= ARGV[3] then return -1 end
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then
  if not found then return -1 end
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
return 1
