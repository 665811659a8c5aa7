#!lua flags=allow-oom
-- Notes what a process says of itself. A full store takes it: that is when it is looked for.
-- KEYS: processes (sorted set id → when heard), the process, faults (list), then the moments.
-- ARGV: id, now (ms), kept (ms), most processes, what it says ('': it ended), most faults, number of
--       faults, faults, then fields and values: 'c…' are added up, 'm…' are the most that was seen;
--       how long each moment is kept (ms) comes first, one for each.
local id, now, kept = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
if ARGV[5] == '' then
  redis.call('ZREM', KEYS[1], id)
  redis.call('DEL', KEYS[2])
else
  redis.call('SET', KEYS[2], ARGV[5], 'PX', kept)
  redis.call('ZADD', KEYS[1], now, id)
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - kept)
  redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - tonumber(ARGV[4]))
end
local number = tonumber(ARGV[7])
for at = 8, 7 + number do redis.call('LPUSH', KEYS[3], ARGV[at]) end
if number > 0 then redis.call('LTRIM', KEYS[3], 0, tonumber(ARGV[6]) - 1) end
local first = 8 + number + #KEYS - 3
for moment = 4, #KEYS do
  for at = first, #ARGV, 2 do
    local field, value = ARGV[at], tonumber(ARGV[at + 1])
    if string.sub(field, 1, 1) == 'c' then
      redis.call('HINCRBY', KEYS[moment], field, value)
    elseif value > tonumber(redis.call('HGET', KEYS[moment], field) or -1) then
      redis.call('HSET', KEYS[moment], field, value)
    end
  end
  if first < #ARGV then redis.call('PEXPIRE', KEYS[moment], ARGV[8 + number + moment - 4]) end
end
return 1
