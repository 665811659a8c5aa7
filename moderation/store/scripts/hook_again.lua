#!lua
-- Has a message sent again, behind what waits in its lane, or at once where it waits itself.
-- KEYS: prefix of the webhook's keys. ARGV: now (ms), message, time to live (ms), messages that may
-- wait in a lane. Answer: 1, 0 where there is no such message, -1 where too many wait.
local prefix = KEYS[1]
local message = prefix .. 'message:' .. ARGV[2]
local fields = redis.call('HMGET', message, 'id', 'outcome')
if not fields[1] then return 0 end
local line = prefix .. 'lane:' .. fields[1]
if fields[2] ~= 'waiting' then
  if redis.call('LLEN', line) >= tonumber(ARGV[4]) then return -1 end
  redis.call('RPUSH', line, ARGV[2])
end
redis.call('HSET', message, 'outcome', 'waiting', 'tries', 0, 'due', ARGV[1])
redis.call('ZADD', prefix .. 'lanes', ARGV[1], fields[1])
for _, key in ipairs({message, line, prefix .. 'lanes'}) do redis.call('PEXPIRE', key, ARGV[3]) end
return 1
